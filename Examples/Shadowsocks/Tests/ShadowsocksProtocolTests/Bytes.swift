// SPDX-License-Identifier: Apache-2.0

@testable import ShadowsocksProtocol

/// The bytes of hexadecimal digits.
func bytes(_ hexadecimal: String) -> [UInt8] {
  let digits = hexadecimal.compactMap { $0.hexDigitValue }
  return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}

/// Bytes of which each differs from its neighbours.
func pattern(_ count: Int) -> [UInt8] {
  (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
}

extension Salt {
  /// The salt of the bytes 0 to 31.
  static let counted = Salt((0..<32).map { UInt8($0) }[...])

  /// A salt for each number.
  static func numbered(_ number: Int) -> Salt {
    Salt((0..<32).map { $0 < 8 ? UInt8(truncatingIfNeeded: number >> (8 * $0)) : 0 }[...])
  }
}
