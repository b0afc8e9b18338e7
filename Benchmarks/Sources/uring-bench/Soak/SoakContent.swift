// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The bytes that the connections of a soak carry: the load generator's, long enough to send any
/// message from any place without a copy.
struct SoakContent: Sendable {
  /// Bytes that can be taken from any position without wrapping round.
  static let span = 1 << 20

  let bytes: [UInt8]

  init() {
    let table = ContentTable()
    let period = unsafe [UInt8](
      UnsafeRawBufferPointer(start: table.from(0), count: ContentTable.period))
    var bytes: [UInt8] = []
    let total = ContentTable.period + Self.span
    bytes.reserveCapacity(total)
    while bytes.count < total { bytes += period.prefix(total - bytes.count) }
    self.bytes = bytes
  }

  /// How many of `received` are the content from `position` on, up to the first that is not.
  func matchingCount(_ received: RawSpan, from position: Int) -> Int {
    unsafe received.withUnsafeBytes { received in
      unsafe bytes.withUnsafeBytes { content in
        guard let given = received.baseAddress, let base = content.baseAddress else { return 0 }
        let wanted = unsafe base + position
        let known = min(received.count, Self.span)
        if unsafe memcmp(given, wanted, known) == 0 { return known }
        let first = (0..<known).first { index in
          unsafe given.load(fromByteOffset: index, as: UInt8.self)
            != wanted.load(fromByteOffset: index, as: UInt8.self)
        }
        return first ?? known
      }
    }
  }
}
