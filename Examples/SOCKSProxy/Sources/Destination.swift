// SPDX-License-Identifier: Apache-2.0

import CompletionIO

/// Where a client wants to be carried to: an address or a name, with a port (RFC 1928, 5).
enum Destination: Hashable, Sendable {
  case address(SocketAddress)
  case name(String, port: UInt16)

  /// The kinds of addresses, by their numbers on the wire.
  enum Kind: UInt8 {
    case ipv4 = 1
    case name = 3
    case ipv6 = 4
  }

  /// Bytes of an address and its port.
  ///
  /// - Parameters:
  ///   - kind: The kind.
  ///   - nameByteCount: Bytes of the name, in whose front its length stands.
  /// - Returns: The number of bytes, without those of the kind and the length.
  static func byteCount(of kind: Kind, nameByteCount: Int = 0) -> Int {
    switch kind {
    case .ipv4: 4 + 2
    case .name: nameByteCount + 2
    case .ipv6: 16 + 2
    }
  }

  /// Reads an address and its port; `nil` if they are none.
  init?(_ kind: Kind, _ bytes: ArraySlice<UInt8>) {
    guard bytes.count > 2 else { return nil }
    let port = bytes.suffix(2).reduce(0) { $0 << 8 | UInt16($1) }
    let host = bytes.dropLast(2)
    guard kind != .name else {
      // The resolver takes C strings, which end at a zero.
      guard !host.contains(0), let name = String(validating: host, as: UTF8.self) else {
        return nil
      }
      self = .name(name, port: port)
      return
    }
    guard bytes.count == Self.byteCount(of: kind),
      let address = SocketAddress(internetBytes: Array(host), port: port)
    else { return nil }
    self = .address(address)
  }

  /// An address as it is on the wire: its kind, its bytes and its port.
  ///
  /// Without an address it is `0.0.0.0:0`.
  static func bytes(of address: SocketAddress?) -> [UInt8] {
    guard let address, let port = address.port, let host = address.internetBytes else {
      return [Kind.ipv4.rawValue, 0, 0, 0, 0, 0, 0]
    }
    let kind = host.count == 4 ? Kind.ipv4 : .ipv6
    return [kind.rawValue] + host + [UInt8(port >> 8), UInt8(port & 0xFF)]
  }
}
