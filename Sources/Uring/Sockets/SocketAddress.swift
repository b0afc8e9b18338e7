// SPDX-License-Identifier: Apache-2.0

/// Where a socket is bound or connected: an IPv4 or IPv6 address with a port, or a Unix-domain
/// path.
///
/// Addresses are numeric. There are no host names here, because looking one up can block.
public struct SocketAddress: Hashable, Sendable {
  let storage: Storage

  /// The parts, in the order of their bytes on the wire.
  enum Storage: Hashable, Sendable {
    case ipv4(InternetAddress4, port: UInt16)
    case ipv6(InternetAddress6, port: UInt16, flowInfo: UInt32, scope: UInt32)
    /// Without the NUL at its end; an abstract name starts with a NUL; an unnamed socket has none.
    case unix([UInt8])
  }

  /// Four bytes, first byte first.
  typealias InternetAddress4 = SIMD4<UInt8>
  /// Sixteen bytes, first byte first.
  ///
  /// Not a vector, whose alignment would make an address larger.
  struct InternetAddress6: Hashable {
    private var first: UInt64 = 0
    private var second: UInt64 = 0

    static var zero: Self { Self() }

    init() {}

    /// An address that starts with four bytes, with zeros behind them.
    init(startingWith address: InternetAddress4) {
      for index in 0..<4 { first |= UInt64(address[index]) << UInt64(8 * index) }
    }

    /// An address of four bytes, first byte lowest, with zeros behind them.
    init(lowHalf: UInt32) { first = UInt64(lowHalf) }

    /// The address that stands for an IPv4 address (`::ffff:0:0/96`), first byte lowest.
    init(mapping host: UInt32) { second = 0xFFFF_0000 | UInt64(host) << 32 }

    /// The first four bytes, first byte lowest.
    var lowHalf: UInt32 { UInt32(truncatingIfNeeded: first) }

    /// The IPv4 address that it stands for, if it does, first byte lowest.
    var mappedHost: UInt32? {
      first == 0 && UInt32(truncatingIfNeeded: second) == 0xFFFF_0000 ? UInt32(second >> 32) : nil
    }

    /// The first four bytes.
    var start: InternetAddress4 { [self[0], self[1], self[2], self[3]] }

    /// A byte, from 0 to 15; the machine is little-endian.
    subscript(index: Int) -> UInt8 {
      get {
        let word = index < 8 ? first : second
        return UInt8(truncatingIfNeeded: word >> UInt64(8 * (index % 8)))
      }
      set {
        let shift = UInt64(8 * (index % 8))
        let word = index < 8 ? first : second
        let changed = word & ~(0xFF << shift) | UInt64(newValue) << shift
        if index < 8 { first = changed } else { second = changed }
      }
    }
  }

  /// Bytes that a Unix-domain path or abstract name may have: `sun_path` less one NUL (unix(7)).
  public static let unixPathByteLimit = 107

  init(storage: Storage) {
    self.storage = storage
  }

  /// Makes an IPv4 address.
  ///
  /// - Parameters:
  ///   - host: Four decimal numbers with dots, such as `127.0.0.1`.
  ///   - port: A port; 0 lets the kernel choose one at bind.
  /// - Returns: The address.
  /// - Throws: ``SocketAddressError/Reason/notIPv4``.
  ///
  /// The corresponding C structure is `sockaddr_in`.
  public static func ipv4(_ host: String, port: UInt16) throws(SocketAddressError) -> Self {
    guard let address = parseIPv4(host) else { throw SocketAddressError(host, .notIPv4) }
    return Self(storage: .ipv4(address, port: port))
  }

  /// Makes an IPv6 address.
  ///
  /// - Parameters:
  ///   - host: Hexadecimal groups with colons, such as `::1`; a zone at its end is the name or the
  ///     number of a network interface, such as `fe80::1%eth0` or `fe80::1%3`.
  ///   - port: A port; 0 lets the kernel choose one at bind.
  /// - Returns: The address.
  /// - Throws: ``SocketAddressError/Reason/notIPv6``,
  ///   ``SocketAddressError/Reason/unknownZone(name:)``.
  ///
  /// The corresponding C structure is `sockaddr_in6`, and the function for a zone `if_nametoindex`.
  public static func ipv6(_ host: String, port: UInt16) throws(SocketAddressError) -> Self {
    guard let (address, zone) = parseIPv6(host) else { throw SocketAddressError(host, .notIPv6) }
    let scope = try scope(ofZone: zone, in: host)
    return Self(storage: .ipv6(address, port: port, flowInfo: 0, scope: scope))
  }

  /// Makes a Unix-domain address.
  ///
  /// - Parameter path: A path in the file system; `@name` is an abstract name, which needs no file.
  /// - Returns: The address.
  /// - Throws: ``SocketAddressError/Reason/emptyPath``,
  ///   ``SocketAddressError/Reason/pathTooLong(byteCount:)``,
  ///   ``SocketAddressError/Reason/pathHasNUL``.
  ///
  /// The corresponding C structure is `sockaddr_un`.
  public static func unix(_ path: String) throws(SocketAddressError) -> Self {
    var bytes = Array(path.utf8)
    guard !bytes.isEmpty else { throw SocketAddressError(path, .emptyPath) }
    guard bytes.count <= unixPathByteLimit else {
      throw SocketAddressError(path, .pathTooLong(byteCount: bytes.count))
    }
    guard !bytes.contains(0) else { throw SocketAddressError(path, .pathHasNUL) }
    if bytes[0] == UInt8(ascii: "@") { bytes[0] = 0 }
    return Self(storage: .unix(bytes))
  }

  /// The IPv4 loopback address, `127.0.0.1`.
  ///
  /// - Parameter port: A port; 0 lets the kernel choose one at bind.
  /// - Returns: The address.
  public static func loopback(port: UInt16) -> Self {
    Self(storage: .ipv4([127, 0, 0, 1], port: port))
  }

  /// The port, or `nil` for a Unix-domain address.
  public var port: UInt16? {
    switch storage {
    case .ipv4(_, let port), .ipv6(_, let port, _, _): port
    case .unix: nil
    }
  }

  /// The address without its port: as ``ipv4(_:port:)``, ``ipv6(_:port:)`` and ``unix(_:)`` read it.
  public var host: String {
    switch storage {
    case .ipv4(let address, _):
      return Self.text(of: address)
    case .ipv6(let address, _, _, let scope):
      return "\(Self.text(of: address))\(scope == 0 ? "" : "%\(scope)")"
    case .unix(let bytes):
      let isAbstract = bytes.first == 0
      return (isAbstract ? "@" : "")
        + String(decoding: bytes.dropFirst(isAbstract ? 1 : 0), as: UTF8.self)
    }
  }

  /// Whether this is a Unix-domain address: a path, an abstract name, or no name at all.
  public var isUnixDomain: Bool {
    if case .unix = storage { true } else { false }
  }

  /// Whether this is the address of all interfaces, `0.0.0.0` or `::`, which a listener binds to
  /// and no peer has.
  public var isWildcard: Bool {
    switch storage {
    case .ipv4(let address, _): address == .zero
    case .ipv6(let address, _, _, _): address == .zero
    case .unix: false
    }
  }
}

extension SocketAddress: CustomStringConvertible {
  /// The address as ``init(parsing:)`` reads it.
  public var description: String {
    switch storage {
    case .ipv4(_, let port): "\(host):\(port)"
    case .ipv6(_, let port, _, _): "[\(host)]:\(port)"
    case .unix: "unix:\(host)"
    }
  }
}
