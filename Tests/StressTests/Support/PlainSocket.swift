import Glibc
import SystemPackage
import Uring

/// A plain blocking socket, for peers that misbehave.
struct PlainSocket: ~Copyable {
  let descriptor: Int32

  init(_ family: Int32 = AF_INET) throws(Errno) {
    descriptor = socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw Errno(rawValue: errno) }
  }

  private init(owning descriptor: Int32) {
    self.descriptor = descriptor
  }

  deinit {
    _ = Glibc.close(descriptor)
  }

  /// The socket as requests name it.
  var target: Descriptor { .file(FileDescriptor(rawValue: descriptor)) }

  func connect(to address: SocketAddress) throws(Errno) {
    let answer = unsafe address.withSockaddr { pointer, byteCount in
      unsafe Glibc.connect(
        descriptor, pointer.assumingMemoryBound(to: sockaddr.self), socklen_t(byteCount))
    }
    guard answer == 0 else { throw Errno(rawValue: errno) }
  }

  /// Listens on a loopback port of the kernel's choice.
  static func listening(backlog: Int32 = 64) throws -> PlainSocket {
    let socket = try PlainSocket()
    let descriptor = socket.descriptor
    let bound = unsafe SocketAddress.loopback(port: 0).withSockaddr { pointer, byteCount in
      unsafe bind(
        descriptor, pointer.assumingMemoryBound(to: sockaddr.self), socklen_t(byteCount))
    }
    guard bound == 0, listen(descriptor, backlog) == 0 else { throw Errno(rawValue: errno) }
    return socket
  }

  var localAddress: SocketAddress {
    get throws { try SocketAddress.local(of: FileDescriptor(rawValue: descriptor)) }
  }

  func accept() throws(Errno) -> PlainSocket {
    let accepted = Glibc.accept(descriptor, nil, nil)
    guard accepted >= 0 else { throw Errno(rawValue: errno) }
    return PlainSocket(owning: accepted)
  }

  func setOption(_ level: Int32, _ name: Int32, _ value: Int32) {
    var value = value
    _ = unsafe setsockopt(descriptor, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
  }

  /// Closes with a reset instead of an end of stream (socket(7), SO_LINGER).
  consuming func reset() {
    var option = linger(l_onoff: 1, l_linger: 0)
    let size = socklen_t(MemoryLayout<linger>.size)
    _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, size)
  }

  /// Sends as much as there is room for; returns how much.
  @discardableResult
  func send(_ bytes: [UInt8]) -> Int {
    let flags = Int32(MSG_NOSIGNAL | MSG_DONTWAIT)
    return max(0, unsafe Glibc.send(descriptor, bytes, bytes.count, flags))
  }

  /// Receives exactly so many bytes, or fewer at the end.
  func receive(exactly byteCount: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: byteCount)
    let flags = Int32(MSG_WAITALL)
    let count = byteCount == 0 ? 0 : unsafe recv(descriptor, &bytes, byteCount, flags)
    return Array(bytes[..<max(0, count)])
  }
}

/// Several plain sockets in an array, which takes no noncopyable values.
final class HeldSocket {
  let socket: PlainSocket

  init(_ socket: consuming PlainSocket) {
    self.socket = socket
  }
}
