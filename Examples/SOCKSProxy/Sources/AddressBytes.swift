// SPDX-License-Identifier: Apache-2.0

import CompletionIO

/// Addresses as they are on the wire: four or sixteen bytes.
enum AddressBytes {
  /// The bytes of an IPv4 or IPv6 address; `nil` for a Unix-domain one.
  static func bytes(of address: SocketAddress) -> [UInt8]? {
    let host = address.host.prefix { $0 != "%" }
    if address.isUnixDomain { return nil }
    return host.contains(":") ? ipv6(host) : ipv4(host)
  }

  /// Makes an address of four or sixteen bytes and a port; `nil` for another number of bytes.
  static func address(_ bytes: ArraySlice<UInt8>, port: UInt16) -> SocketAddress? {
    switch bytes.count {
    case 4:
      return try? .ipv4(bytes.map(String.init).joined(separator: "."), port: port)
    case 16:
      let groups = stride(from: bytes.startIndex, to: bytes.endIndex, by: 2).map { index in
        String(Int(bytes[index]) << 8 | Int(bytes[index + 1]), radix: 16)
      }
      return try? .ipv6(groups.joined(separator: ":"), port: port)
    default:
      return nil
    }
  }

  private static func ipv4(_ host: Substring) -> [UInt8]? {
    let bytes = host.split(separator: ".").compactMap { UInt8($0) }
    return bytes.count == 4 ? bytes : nil
  }

  private static func ipv6(_ host: Substring) -> [UInt8]? {
    guard let gap = host.firstRange(of: "::") else { return groups(host) }
    guard let start = groups(host[..<gap.lowerBound]), let end = groups(host[gap.upperBound...])
    else { return nil }
    let zeros = [UInt8](repeating: 0, count: max(0, 16 - start.count - end.count))
    return start + zeros + end
  }

  /// The bytes of groups with colons between them, the last of which may be an IPv4 address.
  private static func groups(_ text: Substring) -> [UInt8]? {
    var bytes: [UInt8] = []
    for group in text.split(separator: ":") {
      if let tail = ipv4(group) {
        bytes += tail
      } else if let number = UInt16(group, radix: 16) {
        bytes += [UInt8(number >> 8), UInt8(number & 0xFF)]
      } else {
        return nil
      }
    }
    return bytes
  }
}
