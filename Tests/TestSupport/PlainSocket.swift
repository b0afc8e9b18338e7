// SPDX-License-Identifier: Apache-2.0

import Glibc
package import SystemPackage
package import Uring

/// A plain blocking socket, for peers that misbehave.
package struct PlainSocket: ~Copyable, Sendable {
  package let descriptor: Int32

  package init(_ family: Int32 = AF_INET) throws(Errno) {
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
  package var target: Descriptor { .file(FileDescriptor(rawValue: descriptor)) }

  package func connect(to address: SocketAddress) throws(Errno) {
    let answer = unsafe address.withSockaddr { pointer, byteCount in
      unsafe Glibc.connect(
        descriptor, pointer.assumingMemoryBound(to: sockaddr.self), socklen_t(byteCount))
    }
    guard answer == 0 else { throw Errno(rawValue: errno) }
  }

  /// Takes an address without listening on it: a connect is refused, and nobody else is given the
  /// port meanwhile.
  package static func bound(
    to address: SocketAddress = .loopback(port: 0)
  ) throws(Errno) -> PlainSocket {
    let socket = try PlainSocket(address.port == nil ? AF_UNIX : AF_INET)
    let descriptor = socket.descriptor
    let answer = unsafe address.withSockaddr { pointer, byteCount in
      unsafe bind(
        descriptor, pointer.assumingMemoryBound(to: sockaddr.self), socklen_t(byteCount))
    }
    guard answer == 0 else { throw Errno(rawValue: errno) }
    return socket
  }

  /// A socket of datagrams on a loopback port of the kernel's choice.
  package static func datagram() throws(Errno) -> PlainSocket {
    let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw Errno(rawValue: errno) }
    let socket = PlainSocket(owning: descriptor)
    let answer = unsafe SocketAddress.loopback(port: 0).withSockaddr { pointer, byteCount in
      unsafe bind(
        descriptor, pointer.assumingMemoryBound(to: sockaddr.self), socklen_t(byteCount))
    }
    guard answer == 0 else { throw Errno(rawValue: errno) }
    return socket
  }

  /// Listens on a loopback port of the kernel's choice.
  package static func listening(backlog: Int32 = 64) throws(Errno) -> PlainSocket {
    let socket = try bound()
    guard listen(socket.descriptor, backlog) == 0 else { throw Errno(rawValue: errno) }
    return socket
  }

  package var localAddress: SocketAddress {
    get throws(Errno) { try SocketAddress.local(of: FileDescriptor(rawValue: descriptor)) }
  }

  package func accept() throws(Errno) -> PlainSocket {
    let accepted = Glibc.accept(descriptor, nil, nil)
    guard accepted >= 0 else { throw Errno(rawValue: errno) }
    return PlainSocket(owning: accepted)
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
