// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import SystemPackage
public import Uring

extension NonblockingSocket {
  /// Makes a listener.
  ///
  /// Its address can be used again at once after it is closed (`SO_REUSEADDR`), and over TCP its
  /// connections send without delay (`TCP_NODELAY`, which accepted sockets inherit).
  ///
  /// - Parameters:
  ///   - address: Where to listen; port 0 lets the kernel choose.
  ///   - backlog: Connections that may wait to be accepted; `net.core.somaxconn` caps it.
  ///   - sharesPort: Whether several listeners may have this port, each with its own queue
  ///     (`SO_REUSEPORT`, Linux 3.9).
  /// - Returns: The listener.
  /// - Throws: ``NonblockingSocketError/failed(_:_:)`` with EADDRINUSE, EADDRNOTAVAIL, EACCES,
  ///   EMFILE and others, by operation.
  ///
  /// The corresponding C functions are `socket`, `setsockopt`, `bind` and `listen`.
  public static func listen(
    at address: SocketAddress, backlog: Int32 = 4096, sharesPort: Bool = false
  ) throws(NonblockingSocketError) -> NonblockingSocket {
    let listener = try NonblockingSocket(for: address)
    if address.port != nil {
      try SocketCalls.enable(SO_REUSEADDR, level: SOL_SOCKET, on: listener.descriptor)
      try SocketCalls.enable(TCP_NODELAY, level: Int32(IPPROTO_TCP), on: listener.descriptor)
    }
    if sharesPort {
      try SocketCalls.enable(SO_REUSEPORT, level: SOL_SOCKET, on: listener.descriptor)
    }
    guard bind(listener.descriptor, to: address) == 0 else {
      throw NonblockingSocketError(.bind, .current)
    }
    guard Glibc.listen(listener.descriptor.rawValue, backlog) == 0 else {
      throw NonblockingSocketError(.listen, .current)
    }
    return listener
  }

  private static func bind(_ socket: FileDescriptor, to address: SocketAddress) -> Int32 {
    unsafe address.withSockaddr { pointer, byteCount in
      unsafe Glibc.bind(
        socket.rawValue, pointer.assumingMemoryBound(to: sockaddr.self), socklen_t(byteCount))
    }
  }

  /// Takes a connection from the listener's queue.
  ///
  /// - Returns: The connection, in non-blocking mode.
  /// - Throws: ``NonblockingSocketError/wouldBlock(_:_:)`` with EAGAIN when the queue is empty;
  ///   ``NonblockingSocketError/failed(_:_:)`` with EMFILE, ENFILE, ENOMEM, and ECONNABORTED when
  ///   the peer has gone.
  ///
  /// The corresponding C function is `accept4` (Linux 2.6.28).
  public func accept() throws(NonblockingSocketError) -> NonblockingSocket {
    NonblockingSocket(owning: try SocketCalls.accept(from: descriptor))
  }
}
