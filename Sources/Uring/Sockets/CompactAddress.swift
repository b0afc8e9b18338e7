// SPDX-License-Identifier: Apache-2.0

/// An address in 19 bytes, for objects of which there are very many.
///
/// Holds any IPv4 address, an IPv6 address without scope and flow, and the Unix-domain address
/// without a name; what it cannot hold has to be kept elsewhere.
package struct CompactAddress: Sendable {
  private var bytes: SocketAddress.InternetAddress6
  private var port: UInt16
  private var kind: Kind

  private enum Kind: UInt8 {
    case none
    case ipv4
    case ipv6
    case unnamed
  }

  /// Holds an address, or that there is none.
  ///
  /// Fails for an address that takes more room.
  package init?(_ address: SocketAddress?) {
    bytes = .zero
    port = 0
    switch address?.storage {
    case nil:
      kind = .none
    case .ipv4(let address, let port):
      bytes = SocketAddress.InternetAddress6(startingWith: address)
      self.port = port
      kind = .ipv4
    case .ipv6(let address, let port, 0, 0):
      bytes = address
      self.port = port
      kind = .ipv6
    case .unix([]):
      kind = .unnamed
    case .ipv6, .unix:
      return nil
    }
  }

  /// The address that it holds, if any.
  package var address: SocketAddress? {
    switch kind {
    case .none: nil
    case .ipv4: SocketAddress(storage: .ipv4(bytes.start, port: port))
    case .ipv6: SocketAddress(storage: .ipv6(bytes, port: port, flowInfo: 0, scope: 0))
    case .unnamed: SocketAddress(storage: .unix([]))
    }
  }
}

extension SocketAddress {
  /// An IPv4 address in a word, first byte lowest, or an IPv6 address that stands for one
  /// (`::ffff:0:0/96`); `nil` for any other.
  package var shortForm: (host: UInt32, port: UInt16, isMapped: Bool)? {
    switch storage {
    case .ipv4(let host, let port):
      (InternetAddress6(startingWith: host).lowHalf, port, false)
    case .ipv6(let address, let port, 0, 0):
      address.mappedHost.map { ($0, port, true) }
    case .ipv6, .unix: nil
    }
  }

  /// Makes an address of its short form.
  package init(shortForm host: UInt32, port: UInt16, isMapped: Bool) {
    self.init(
      storage: isMapped
        ? .ipv6(InternetAddress6(mapping: host), port: port, flowInfo: 0, scope: 0)
        : .ipv4(InternetAddress6(lowHalf: host).start, port: port))
  }
}
