// SPDX-License-Identifier: Apache-2.0

/// Where bytes go to or come from: a host and a port, as SOCKS5 and Shadowsocks write them.
public struct Target: Hashable, Sendable {
  /// A host, by address or by name.
  public enum Host: Hashable, Sendable {
    /// Four bytes.
    case ipv4([UInt8])
    /// Sixteen bytes.
    case ipv6([UInt8])
    /// At most 255 bytes of UTF-8.
    case name(String)
  }

  /// The types of hosts, by their numbers on the wire (RFC 1928, 5).
  enum HostType: UInt8 {
    case ipv4 = 1
    case name = 3
    case ipv6 = 4
  }

  /// The host.
  public let host: Host
  /// The port.
  public let port: UInt16

  /// Makes a target.
  ///
  /// - Parameters:
  ///   - host: The host.
  ///   - port: The port.
  public init(_ host: Host, port: UInt16) {
    self.host = host
    self.port = port
  }

  /// Reads a target off the front of bytes.
  ///
  /// - Parameter bytes: Lose what was read.
  /// - Returns: The target; `nil`, and the bytes are as before, if they end before it does.
  /// - Throws: ``ShadowsocksError/unknownAddressType(_:)`` or ``ShadowsocksError/badName``.
  public static func read(
    from bytes: inout ArraySlice<UInt8>
  ) throws(ShadowsocksError) -> Target? {
    guard let first = bytes.first else { return nil }
    guard let type = HostType(rawValue: first) else { throw .unknownAddressType(first) }
    var rest = bytes.dropFirst()
    let hostByteCount: Int
    switch type {
    case .ipv4: hostByteCount = 4
    case .ipv6: hostByteCount = 16
    case .name:
      guard let length = rest.popFirst() else { return nil }
      guard length > 0 else { throw .badName }
      hostByteCount = Int(length)
    }
    guard rest.count >= hostByteCount + 2 else { return nil }
    let host = try host(type, rest.prefix(hostByteCount))
    rest = rest.dropFirst(hostByteCount)
    let port = rest.prefix(2).reduce(0) { $0 << 8 | UInt16($1) }
    bytes = rest.dropFirst(2)
    return Target(host, port: port)
  }

  private static func host(
    _ type: HostType, _ bytes: ArraySlice<UInt8>
  ) throws(ShadowsocksError) -> Host {
    switch type {
    case .ipv4: return .ipv4(Array(bytes))
    case .ipv6: return .ipv6(Array(bytes))
    case .name:
      // Resolvers take C strings, which end at a zero.
      guard !bytes.contains(0), let name = String(validating: bytes, as: UTF8.self) else {
        throw .badName
      }
      return .name(name)
    }
  }

  /// The target as it is on the wire: its type, its host and its port.
  public var bytes: [UInt8] {
    let port = [UInt8(port >> 8), UInt8(port & 0xFF)]
    switch host {
    case .ipv4(let bytes): return [HostType.ipv4.rawValue] + bytes + port
    case .ipv6(let bytes): return [HostType.ipv6.rawValue] + bytes + port
    case .name(let name):
      return [HostType.name.rawValue, UInt8(name.utf8.count)] + Array(name.utf8) + port
    }
  }
}
