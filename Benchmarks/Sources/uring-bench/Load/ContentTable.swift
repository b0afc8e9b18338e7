// SPDX-License-Identifier: Apache-2.0

/// The bytes that every message is cut from: a cyclic pseudo-random table.
///
/// Each connection walks it from an offset of its own, so that a byte lost, doubled, moved or sent
/// to another connection shows as a difference. The length is prime: no shift by a power of two, a
/// page or a buffer lands on the same content.
@safe struct ContentTable: ~Copyable {
  /// Bytes after which the content repeats.
  static let period = 65521
  /// Bytes that can be read from any position without wrapping round.
  static let span = 256 * 1024

  private let bytes: UnsafeMutableRawPointer

  init() {
    unsafe bytes = .allocate(byteCount: Self.period + Self.span, alignment: 64)
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    for position in 0..<Self.period {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      unsafe bytes.storeBytes(
        of: UInt8(truncatingIfNeeded: state >> 24), toByteOffset: position, as: UInt8.self)
    }
    for position in 0..<Self.span {
      let byte = unsafe bytes.load(fromByteOffset: position, as: UInt8.self)
      unsafe bytes.storeBytes(of: byte, toByteOffset: Self.period + position, as: UInt8.self)
    }
  }

  deinit { unsafe bytes.deallocate() }

  /// The content from `position`, `span` bytes of it.
  @inline(__always)
  func from(_ position: Int) -> UnsafeRawPointer { unsafe UnsafeRawPointer(bytes + position) }

  /// The position `count` bytes on.
  @inline(__always)
  static func advance(_ position: Int, by count: Int) -> Int {
    let next = position + count
    return next < period ? next : next % period
  }

  /// Where connection `index` begins: a different place for each of 65521 neighbours.
  static func start(of index: Int) -> Int {
    Int(truncatingIfNeeded: UInt64(index) &* 2_654_435_761 % UInt64(period))
  }
}
