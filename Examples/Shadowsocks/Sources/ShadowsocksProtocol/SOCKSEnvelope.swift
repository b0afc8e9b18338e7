// SPDX-License-Identifier: Apache-2.0

/// A datagram between a SOCKS5 client and the proxy (RFC 1928, 7).
public enum SOCKSEnvelope {
  /// Opens what a client has sent.
  ///
  /// - Parameter bytes: The datagram.
  /// - Returns: The packet; `nil` for a part of a larger one, and for what is none.
  public static func open(_ bytes: [UInt8]) -> Packet? {
    guard bytes.starts(with: [0, 0, 0]) else { return nil }
    var rest = bytes.dropFirst(3)
    guard let target = (try? Target.read(from: &rest)) ?? nil else { return nil }
    return Packet(target, payload: Array(rest))
  }

  /// Makes what goes to a client.
  ///
  /// - Parameter packet: The payload, and where it comes from.
  /// - Returns: The datagram.
  public static func bytes(of packet: Packet) -> [UInt8] {
    [0, 0, 0] + packet.target.bytes + packet.payload
  }
}
