// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import SystemPackage

/// The system calls of a stream socket that never wait, with their answers typed.
enum SocketCalls {
  /// accept4(2) with `SOCK_NONBLOCK` and `SOCK_CLOEXEC`, which Linux does not inherit.
  static func accept(
    from listener: FileDescriptor
  ) throws(NonblockingSocketError) -> FileDescriptor {
    let answer = unsafe WaitlessCalls.accept(
      from: listener.rawValue, addressInto: nil, asNonblocking: true)
    return FileDescriptor(rawValue: Int32(try result(.accept, answer)))
  }

  /// recv(2).
  static func receive(
    from socket: FileDescriptor, into memory: UnsafeMutableRawBufferPointer
  ) throws(NonblockingSocketError) -> Int {
    try result(
      .receive, unsafe WaitlessCalls.receive(socket.rawValue, memory.baseAddress, memory.count))
  }

  /// send(2) with `MSG_NOSIGNAL`: a peer that is gone is an answer, EPIPE, not a signal.
  static func send(
    _ memory: UnsafeRawBufferPointer, to socket: FileDescriptor
  ) throws(NonblockingSocketError) -> Int {
    try result(.send, unsafe WaitlessCalls.send(socket.rawValue, memory.baseAddress, memory.count))
  }

  private static func result(
    _ operation: NonblockingSocketError.Operation, _ answer: Int32
  ) throws(NonblockingSocketError) -> Int {
    guard answer >= 0 else { throw NonblockingSocketError(operation, Errno(rawValue: -answer)) }
    return Int(answer)
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
