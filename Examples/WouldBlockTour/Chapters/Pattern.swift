// SPDX-License-Identifier: Apache-2.0

/// Bytes that tell their place in a stream, so that a lost, doubled or moved byte shows.
enum Pattern {
  /// More than the buffers of a connection of this tour hold.
  static let byteCount = 1 << 20
  /// A whole stream.
  static let bytes = (0..<byteCount).map(byte(at:))

  static func byte(at position: Int) -> UInt8 {
    UInt8(truncatingIfNeeded: position &* 31 &+ position >> 8)
  }
}

/// Checks a stream as it arrives.
struct PatternCheck {
  private(set) var byteCount = 0
  private var firstWrongByte: Int?

  mutating func add(_ bytes: some Sequence<UInt8>) {
    for byte in bytes {
      if byte != Pattern.byte(at: byteCount), firstWrongByte == nil { firstWrongByte = byteCount }
      byteCount += 1
    }
  }

  /// Throws unless exactly the whole stream came.
  func finish() throws(TourError) {
    if let firstWrongByte { throw TourError("byte \(firstWrongByte) is wrong") }
    try expect(
      byteCount == Pattern.byteCount, "\(Pattern.byteCount) bytes, but \(byteCount) came")
  }
}
