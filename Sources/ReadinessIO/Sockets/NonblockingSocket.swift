// SPDX-License-Identifier: Apache-2.0

internal import Glibc
public import SystemPackage
public import Uring

/// A stream socket that answers at once: it throws
/// ``NonblockingSocketError/wouldBlock(_:_:)`` where a blocking one would wait.
///
/// It owns its descriptor and closes it at its end. Deregister the descriptor from a ``Poller``
/// first.
public struct NonblockingSocket: ~Copyable {
  /// The descriptor; stays the socket's.
  public let descriptor: FileDescriptor

  /// Takes over a descriptor.
  ///
  /// - Parameter descriptor: A stream socket in non-blocking mode; the socket's from now on.
  public init(owning descriptor: FileDescriptor) {
    self.descriptor = descriptor
  }

  /// Makes a socket for addresses like a given one.
  ///
  /// - Parameter address: Tells the address family.
  /// - Throws: ``NonblockingSocketError/failed(_:_:)`` with EAFNOSUPPORT, EMFILE, ENFILE, ENOMEM.
  ///
  /// The corresponding C function is `socket`.
  public init(for address: SocketAddress) throws(NonblockingSocketError) {
    let type = SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue
    let answer = socket(address.family, Int32(type), 0)
    guard answer >= 0 else { throw NonblockingSocketError(.open, .current) }
    descriptor = FileDescriptor(rawValue: answer)
  }

  deinit {
    try? descriptor.close()
  }

  /// Gives the descriptor away; it is the caller's to close.
  ///
  /// - Returns: The descriptor, still in non-blocking mode.
  public consuming func release() -> FileDescriptor {
    let descriptor = descriptor
    discard self
    return descriptor
  }

  /// Closes the socket.
  ///
  /// The descriptor is free again also when this throws (close(2), "Dealing with error returns").
  ///
  /// - Throws: ``NonblockingSocketError/failed(_:_:)`` with EINTR or EIO.
  ///
  /// The corresponding C function is `close`.
  public consuming func close() throws(NonblockingSocketError) {
    let answer = Glibc.close(release().rawValue)
    guard answer == 0 else { throw NonblockingSocketError(.close, .current) }
  }

  /// The address that the socket is bound to.
  ///
  /// - Throws: EBADF, ENOTSOCK.
  ///
  /// The corresponding C function is `getsockname`.
  public var localAddress: SocketAddress {
    get throws(Errno) { try .local(of: descriptor) }
  }

  /// Ends one or both directions.
  ///
  /// - Parameter direction: What ends.
  /// - Throws: ``NonblockingSocketError/failed(_:_:)`` with ENOTCONN.
  ///
  /// The corresponding C function is `shutdown`.
  public func shutdown(_ direction: Direction) throws(NonblockingSocketError) {
    guard Glibc.shutdown(descriptor.rawValue, direction.rawValue) == 0 else {
      throw NonblockingSocketError(.shutdown, .current)
    }
  }

  /// A direction of a connection.
  public struct Direction: RawRepresentable, Hashable, Sendable {
    /// The kernel's number.
    public let rawValue: Int32

    /// Wraps the kernel's number.
    public init(rawValue: Int32) {
      self.rawValue = rawValue
    }

    /// No more is received.
    ///
    /// `SHUT_RD`.
    public static let receiving = Self(rawValue: Int32(SHUT_RD))
    /// No more is sent; the peer sees the end.
    ///
    /// `SHUT_WR`.
    public static let sending = Self(rawValue: Int32(SHUT_WR))
    /// Both.
    ///
    /// `SHUT_RDWR`.
    public static let both = Self(rawValue: Int32(SHUT_RDWR))
  }
}
