// SPDX-License-Identifier: Apache-2.0

package import Glibc
package import SystemPackage
package import Uring

/// A plain blocking socket, for peers that misbehave.
package struct PlainSocket: ~Copyable, Sendable {
  package let descriptor: Int32

  package init(
    _ family: Int32 = AF_INET, type: __socket_type = SOCK_STREAM
  ) throws(Errno) {
    descriptor = try checked(socket(family, Int32(type.rawValue | SOCK_CLOEXEC.rawValue), 0))
  }

  private init(owning descriptor: Int32) {
    self.descriptor = descriptor
  }

  deinit {
    _ = Glibc.close(descriptor)
  }

  package var file: FileDescriptor { FileDescriptor(rawValue: descriptor) }

  /// The socket as requests name it.
  package var target: Descriptor { .file(file) }

  package func connect(to address: SocketAddress) throws(Errno) {
    unsafe try withSockaddr(of: address) { unsafe Glibc.connect(descriptor, $0, $1) }
  }

  /// A socket of a stream that is connected.
  package static func connected(to address: SocketAddress) throws(Errno) -> PlainSocket {
    let socket = try PlainSocket(address.family)
    try socket.connect(to: address)
    return socket
  }

  /// Takes an address without listening on it: a connect is refused, and nobody else is given the
  /// port meanwhile.
  package static func bound(
    to address: SocketAddress = .loopback(port: 0), type: __socket_type = SOCK_STREAM
  ) throws(Errno) -> PlainSocket {
    let socket = try PlainSocket(address.family, type: type)
    let descriptor = socket.descriptor
    unsafe try withSockaddr(of: address) { unsafe bind(descriptor, $0, $1) }
    return socket
  }

  /// A socket of datagrams on a loopback port of the kernel's choice.
  package static func datagram() throws(Errno) -> PlainSocket { try bound(type: SOCK_DGRAM) }

  /// Listens on a loopback port of the kernel's choice.
  package static func listening(
    at address: SocketAddress = .loopback(port: 0), backlog: Int32 = 64
  ) throws(Errno) -> PlainSocket {
    let socket = try bound(to: address)
    try checked(listen(socket.descriptor, backlog))
    return socket
  }

  package var localAddress: SocketAddress {
    get throws(Errno) { try SocketAddress.local(of: file) }
  }

  package func accept() throws(Errno) -> PlainSocket {
    PlainSocket(owning: try checked(Glibc.accept(descriptor, nil, nil)))
  }

  package func setOption(_ level: Int32, _ name: Int32, _ value: Int32) {
    var value = value
    _ = unsafe setsockopt(descriptor, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
  }

  /// Makes closing send a reset instead of an end of stream (socket(7), SO_LINGER).
  package func resetOnClose() {
    var option = linger(l_onoff: 1, l_linger: 0)
    let size = socklen_t(MemoryLayout<linger>.size)
    _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, size)
  }

  /// Closes with a reset.
  package consuming func reset() {
    resetOnClose()
  }

  /// Ends what goes to the peer.
  package func finishSending() {
    _ = shutdown(descriptor, Int32(SHUT_WR))
  }
}

/// Several plain sockets in an array, which takes no noncopyable values.
package final class HeldSocket: Sendable {
  package let socket: PlainSocket

  package init(_ socket: consuming PlainSocket) {
    self.socket = socket
  }
}

/// What a system call answers, or the error that it tells.
@discardableResult
private func checked(_ answer: Int32) throws(Errno) -> Int32 {
  guard answer >= 0 else { throw Errno(rawValue: errno) }
  return answer
}

private func withSockaddr(
  of address: SocketAddress, _ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32
) throws(Errno) {
  let answer = unsafe address.withSockaddr { pointer, byteCount in
    unsafe call(pointer.assumingMemoryBound(to: sockaddr.self), socklen_t(byteCount))
  }
  try checked(answer)
}
