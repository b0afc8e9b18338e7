// SPDX-License-Identifier: Apache-2.0

import CompletionIO

/// A datagram between a client and the proxy, which says where it goes to or comes from (RFC 1928,
/// 7).
struct DatagramEnvelope: Hashable {
  let destination: Destination
  let payload: [UInt8]

  /// Reads what a client has sent; `nil` for what is none, and for a part of a larger one.
  init?(_ bytes: [UInt8]) {
    guard bytes.count > 4, bytes[0] == 0, bytes[1] == 0, bytes[2] == 0,
      let kind = Destination.Kind(rawValue: bytes[3])
    else { return nil }
    let start = kind == .name ? 5 : 4
    let nameByteCount = kind == .name ? Int(bytes[4]) : 0
    let end = start + Destination.byteCount(of: kind, nameByteCount: nameByteCount)
    guard bytes.count >= end, let destination = Destination(kind, bytes[start..<end]) else {
      return nil
    }
    self.destination = destination
    payload = Array(bytes[end...])
  }

  /// Writes what goes back to a client.
  static func bytes(from sender: SocketAddress, payload: RawSpan) -> [UInt8] {
    var bytes = [0, 0, 0] + Destination.bytes(of: sender)
    bytes.append(copying: payload)
    return bytes
  }
}
