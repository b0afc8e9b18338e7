internal import CReadiness
internal import Glibc
internal import SystemPackage

/// The system calls of a stream socket that never wait, with their answers typed.
enum SocketCalls {
  /// accept4(2) with `SOCK_NONBLOCK` and `SOCK_CLOEXEC`, which Linux does not inherit.
  static func accept(
    from listener: FileDescriptor
  ) throws(NonblockingSocketError) -> FileDescriptor {
    let answer = creadiness_accept4(
      listener.rawValue, nil, nil, Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue))
    guard answer >= 0 else { throw NonblockingSocketError(.accept, .current) }
    return FileDescriptor(rawValue: answer)
  }

  /// recv(2).
  static func receive(
    from socket: FileDescriptor, into memory: UnsafeMutableRawBufferPointer
  ) throws(NonblockingSocketError) -> Int {
    let answer = unsafe recv(socket.rawValue, memory.baseAddress, memory.count, 0)
    guard answer >= 0 else { throw NonblockingSocketError(.receive, .current) }
    return answer
  }

  /// send(2) with `MSG_NOSIGNAL`: a peer that is gone is an answer, EPIPE, not a signal.
  static func send(
    _ memory: UnsafeRawBufferPointer, to socket: FileDescriptor
  ) throws(NonblockingSocketError) -> Int {
    let answer = unsafe Glibc.send(
      socket.rawValue, memory.baseAddress, memory.count, Int32(MSG_NOSIGNAL))
    guard answer >= 0 else { throw NonblockingSocketError(.send, .current) }
    return answer
  }

  /// setsockopt(2) with the number 1.
  static func enable(
    _ option: Int32, level: Int32, on socket: FileDescriptor
  ) throws(NonblockingSocketError) {
    var one: Int32 = 1
    let size = socklen_t(MemoryLayout<Int32>.size)
    guard unsafe setsockopt(socket.rawValue, level, option, &one, size) == 0 else {
      throw NonblockingSocketError(.setOption, .current)
    }
  }
}
