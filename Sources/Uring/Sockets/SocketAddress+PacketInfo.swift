// SPDX-License-Identifier: Apache-2.0

internal import Glibc

// The bytes of an address as other protocols carry them: SOCKS, DNS, and the control messages
// `IP_PKTINFO` and `IPV6_PKTINFO`.
extension SocketAddress {
  /// Whether this is an IPv4 address, and no mapped one.
  package var isIPv4: Bool { family == AF_INET }

  /// Makes an address of the bytes of an IPv4 or IPv6 address.
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
  public init?(internetBytes bytes: RawSpan, port: UInt16, scope: UInt32 = 0) {
    switch bytes.byteCount {
    case 4:
      let address = unsafe bytes.unsafeLoadUnaligned(as: InternetAddress4.self)
      self.init(storage: .ipv4(address, port: port))
    case 16:
      let address = unsafe bytes.unsafeLoadUnaligned(as: InternetAddress6.self)
      self.init(storage: .ipv6(address, port: port, flowInfo: 0, scope: scope))
    default:
      return nil
    }
  }

  /// Writes the address without its port.
  ///
  /// - Parameter memory: Room for 16 bytes.
  /// - Returns: How many bytes it has: 4, 16, or 0 for a Unix-domain one.
  @unsafe
  package func storeInternetBytes(to memory: UnsafeMutableRawPointer) -> Int {
    switch storage {
    case .ipv4(let address, _):
      unsafe memory.storeBytes(of: address, as: InternetAddress4.self)
      return 4
    case .ipv6(let address, _, _, _):
      unsafe memory.storeBytes(of: address, as: InternetAddress6.self)
      return 16
    case .unix:
      return 0
    }
  }
}

extension SocketAddress {
  /// Copies an address that the kernel filled in.
  ///
  /// Fails for a family that is neither IPv4, IPv6 nor Unix-domain, for too few bytes, and for a
  /// Unix-domain socket without a name.
  ///
  /// - Parameter bytes: A `sockaddr` of any kind.
  package init?(copying bytes: RawSpan) {
    guard bytes.byteCount > 2 else { return nil }
    let address = unsafe bytes.withUnsafeBytes { memory -> SocketAddress? in
      guard let start = memory.baseAddress else { return nil }
      return unsafe SocketAddress(copying: start, byteCount: memory.count)
    }
    guard let address else { return nil }
    self = address
  }
}
