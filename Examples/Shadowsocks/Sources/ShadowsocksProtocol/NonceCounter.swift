// SPDX-License-Identifier: Apache-2.0

/// The nonces of a stream: 0, 1, 2 and so on, with the lowest byte first.
///
/// No stream has 2⁶⁴ messages, so the last four of the twelve bytes stay zero.
struct NonceCounter: Sendable {
  private var count: UInt64

  init(startingAt count: UInt64 = 0) {
    self.count = count
  }

  /// Returns the next nonce.
  mutating func next() -> [UInt8] {
    defer { count += 1 }
    return (0..<CipherMethod.nonceByteCount).map { index in
      index < 8 ? UInt8(truncatingIfNeeded: count >> (8 * UInt64(index))) : 0
    }
  }
}
