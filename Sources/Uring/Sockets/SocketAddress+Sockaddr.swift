// SPDX-License-Identifier: Apache-2.0

// sockaddr_storage belongs to whichever of the two the compiler has read first.
internal import CLiburing
internal import Glibc
public import SystemPackage

extension SocketAddress {
  /// The address family: `AF_INET`, `AF_INET6` or `AF_UNIX`.
  public var family: Int32 {
    switch storage {
    case .ipv4: AF_INET
    case .ipv6: AF_INET6
    case .unix: AF_UNIX
    }
  }

  /// Gives a closure the address as the kernel wants it.
  ///
  /// - Parameter body: Gets a `sockaddr` of the right kind, valid only during the call, and its
  ///   size in bytes.
  /// - Returns: What `body` returns.
  /// - Throws: What `body` throws.
  ///
  /// The corresponding C structures are `sockaddr_in`, `sockaddr_in6` and `sockaddr_un`.
  @unsafe
  public func withSockaddr<Result: ~Copyable, Failure: Error>(
    _ body: (UnsafeRawPointer, Int) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    switch storage {
    case .ipv4(let address, let port):
      var raw = sockaddr_in()
      raw.sin_family = sa_family_t(AF_INET)
      raw.sin_port = port.bigEndian
      raw.sin_addr.s_addr = unsafe unsafeBitCast(address, to: UInt32.self)
      return try unsafe Self.withAddress(of: raw, byteCount: MemoryLayout<sockaddr_in>.size, body)
    case .ipv6(let address, let port, let flowInfo, let scope):
      var raw = sockaddr_in6()
      raw.sin6_family = sa_family_t(AF_INET6)
      raw.sin6_port = port.bigEndian
      raw.sin6_flowinfo = flowInfo.bigEndian
      raw.sin6_scope_id = scope
      raw.sin6_addr = unsafe unsafeBitCast(address, to: in6_addr.self)
      return try unsafe Self.withAddress(of: raw, byteCount: MemoryLayout<sockaddr_in6>.size, body)
    case .unix(let bytes):
      var raw = sockaddr_un()
      raw.sun_family = sa_family_t(AF_UNIX)
      unsafe withUnsafeMutableBytes(of: &raw.sun_path) { unsafe $0.copyBytes(from: bytes) }
      return try unsafe Self.withAddress(of: raw, byteCount: Self.byteCount(ofUnix: bytes), body)
    }
  }

  private static func withAddress<Raw, Result: ~Copyable, Failure: Error>(
    of raw: Raw, byteCount: Int, _ body: (UnsafeRawPointer, Int) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe withUnsafePointer(to: raw) { pointer throws(Failure) in
      try unsafe body(UnsafeRawPointer(pointer), byteCount)
    }
  }

  /// A path counts the NUL at its end; an abstract name has none (unix(7), "Address format").
  private static func byteCount(ofUnix bytes: [UInt8]) -> Int {
    let isPath = bytes.first.map { $0 != 0 } ?? false
    let byteCount = MemoryLayout<sa_family_t>.size + bytes.count + (isPath ? 1 : 0)
    // A path that another program has bound may fill the structure, without a NUL.
    return min(byteCount, MemoryLayout<sockaddr_un>.size)
  }
}

extension SocketAddress {
  /// Copies an address that the kernel filled in.
  ///
  /// Fails for a family that is neither IPv4, IPv6 nor Unix-domain, and for too few bytes.
  ///
  /// - Parameters:
  ///   - pointer: A `sockaddr` of any kind; need not be aligned.
  ///   - byteCount: Its size in bytes, as the kernel gave it.
  @unsafe
  public init?(copying pointer: UnsafeRawPointer, byteCount: Int) {
    guard byteCount >= MemoryLayout<sa_family_t>.size else { return nil }
    switch Int32(unsafe pointer.loadUnaligned(as: sa_family_t.self)) {
    case AF_INET:
      guard byteCount >= MemoryLayout<sockaddr_in>.size else { return nil }
      let raw = unsafe pointer.loadUnaligned(as: sockaddr_in.self)
      self.init(
        storage: .ipv4(
          unsafe unsafeBitCast(raw.sin_addr.s_addr, to: InternetAddress4.self),
          port: UInt16(bigEndian: raw.sin_port)))
    case AF_INET6:
      guard byteCount >= MemoryLayout<sockaddr_in6>.size else { return nil }
      let raw = unsafe pointer.loadUnaligned(as: sockaddr_in6.self)
      let address = unsafe withUnsafeBytes(of: raw.sin6_addr) {
        unsafe $0.loadUnaligned(as: InternetAddress6.self)
      }
      self.init(
        storage: .ipv6(
          address, port: UInt16(bigEndian: raw.sin6_port),
          flowInfo: UInt32(bigEndian: raw.sin6_flowinfo), scope: raw.sin6_scope_id))
    case AF_UNIX:
      let start = MemoryLayout<sa_family_t>.size
      var bytes = unsafe Array(
        UnsafeRawBufferPointer(start: pointer + start, count: byteCount - start))
      // A path ends at its first NUL; an abstract name starts with one and may hold more.
      if let first = bytes.first, first != 0, let end = bytes.firstIndex(of: 0) {
        bytes.removeSubrange(end...)
      }
      guard bytes.count <= MemoryLayout.size(ofValue: sockaddr_un().sun_path) else { return nil }
      self.init(storage: .unix(bytes))
    default:
      return nil
    }
  }

  /// The address that a socket is bound to.
  ///
  /// - Parameter socket: The socket; stays the caller's.
  /// - Returns: The address; unnamed for a Unix-domain socket without one.
  /// - Throws: EBADF, ENOTSOCK, ENOBUFS; EAFNOSUPPORT for a family that this type does not hold.
  ///
  /// The corresponding C function is `getsockname`.
  public static func local(of socket: FileDescriptor) throws(Errno) -> Self {
    try unsafe asking { unsafe getsockname(socket.rawValue, $0, $1) }
  }

  /// The address of the socket at the other end.
  ///
  /// - Parameter socket: The socket; stays the caller's.
  /// - Returns: The address; unnamed for a Unix-domain socket without one.
  /// - Throws: ENOTCONN, EBADF, ENOTSOCK, ENOBUFS; EAFNOSUPPORT for a family that this type does
  ///   not hold.
  ///
  /// The corresponding C function is `getpeername`.
  public static func peer(of socket: FileDescriptor) throws(Errno) -> Self {
    try unsafe asking { unsafe getpeername(socket.rawValue, $0, $1) }
  }

  private static func asking(
    _ call: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
  ) throws(Errno) -> Self {
    var storage = sockaddr_storage()
    var byteCount = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let answer = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe call($0, &byteCount)
      }
    }
    guard answer == 0 else { throw Errno(rawValue: Glibc.errno) }
    let address = unsafe withUnsafePointer(to: &storage) {
      unsafe SocketAddress(copying: $0, byteCount: Int(byteCount))
    }
    guard let address else { throw .addressFamilyNotSupported }
    return address
  }
}
