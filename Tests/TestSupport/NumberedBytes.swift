// SPDX-License-Identifier: Apache-2.0

/// Bytes that tell their place: one that is lost, doubled or moved shows.
package func numbered(_ byteCount: Int, from start: Int = 0) -> [UInt8] {
  var bytes: [UInt8] = []
  bytes.reserveCapacity(byteCount)
  var position = start % period.count
  while bytes.count < byteCount {
    let count = min(byteCount - bytes.count, period.count - position)
    bytes += period[position..<position + count]
    position = 0
  }
  return bytes
}

/// Its length is a prime number, so that no power of two hides a shift.
private let period: [UInt8] = (0..<65521).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
