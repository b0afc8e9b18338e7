// SPDX-License-Identifier: Apache-2.0

extension SocketAddress {
  /// Makes an address of the bytes of an IPv4 or IPv6 address, in an array.
  ///
  /// Fails for any other number of bytes than 4 and 16.
  ///
  /// - Parameters:
  ///   - bytes: The address, first byte first, as it is on the wire; copied.
  ///   - port: A port; 0 lets the kernel choose one at bind.
  ///   - scope: The number of the network interface that an IPv6 address is of; 0 for none. An IPv4
  ///     address has none.
  ///
  /// The corresponding C structures are `in_addr` and `in6_addr`.
  public init?(internetBytes bytes: [UInt8], port: UInt16, scope: UInt32 = 0) {
    switch bytes.count {
    case 4:
      var address = InternetAddress4()
      for index in 0..<4 { address[index] = bytes[index] }
      self.init(storage: .ipv4(address, port: port))
    case 16:
      self.init(
        storage: .ipv6(InternetAddress6(bytes), port: port, flowInfo: 0, scope: scope))
    default:
      return nil
    }
  }

  /// The bytes of the address without its port, first byte first: 4 of an IPv4 address, 16 of an IPv6
  /// address; `nil` for a Unix-domain one.
  ///
  /// - Complexity: One allocation.
  ///
  /// The corresponding C structures are `in_addr` and `in6_addr`.
  public var internetBytes: [UInt8]? {
    switch storage {
    case .ipv4(let address, _): (0..<4).map { address[$0] }
    case .ipv6(let address, _, _, _): (0..<16).map { address[$0] }
    case .unix: nil
    }
  }

  /// The number of the network interface that an IPv6 address is of; 0 for none, and for addresses of
  /// other families.
  ///
  /// The corresponding C field is `sin6_scope_id`.
  public var scope: UInt32 {
    if case .ipv6(_, _, _, let scope) = storage { scope } else { 0 }
  }

  /// The IPv4 address that an IPv6 address stands for (`::ffff:192.0.2.1`, RFC 4291 section 2.5.5.2),
  /// with the same port; every other address as it is.
  ///
  /// A socket of both families tells its IPv4 peers by mapped addresses.
  public var unmapped: SocketAddress {
    guard case .ipv6(let address, let port, _, _) = storage,
      (0..<10).allSatisfy({ address[$0] == 0 }), address[10] == 0xFF, address[11] == 0xFF
    else { return self }
    return SocketAddress(
      storage: .ipv4([address[12], address[13], address[14], address[15]], port: port))
  }
}

extension SocketAddress.InternetAddress6 {
  /// An address of sixteen bytes.
  fileprivate init(_ bytes: [UInt8]) {
    self.init()
    for index in 0..<16 { self[index] = bytes[index] }
  }
}
