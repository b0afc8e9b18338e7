// SPDX-License-Identifier: Apache-2.0

/// Names one request in flight: the `user_data` of its submission and of each of its completions.
///
/// A token is a table slot, the slot's generation and the operation. It is never a pointer, so a
/// late completion can be recognised as stale without touching freed memory, and never a
/// descriptor, which the kernel hands out again at once.
public struct Token: RawRepresentable, Hashable, Sendable {
  /// How many slots a token can name.
  public static let slotLimit = 1 << 24

  /// Operation (8 bits), slot (24 bits), generation (32 bits), from the top.
  public var rawValue: UInt64

  /// Wraps a raw `user_data` value, as a completion carries it.
  @inlinable
  public init(rawValue: UInt64) {
    self.rawValue = rawValue
  }

  /// Names the request in a slot.
  ///
  /// - Parameters:
  ///   - slot: Index in the owner's table, below ``slotLimit``.
  ///   - generation: How often the slot has been used; told apart for 2³² uses.
  ///   - operation: What the request asks.
  @inlinable
  public init(slot: Int, generation: UInt32, operation: Operation) {
    assert(slot >= 0 && slot < Self.slotLimit, "slot \(slot) does not fit in 24 bits")
    rawValue =
      UInt64(operation.rawValue) << 56 | UInt64(truncatingIfNeeded: slot) << 32
      | UInt64(generation)
  }

  /// Index in the owner's table.
  @inlinable
  public var slot: Int { Int(truncatingIfNeeded: rawValue >> 32 & 0xff_ffff) }

  /// How often the slot had been used.
  @inlinable
  public var generation: UInt32 { UInt32(truncatingIfNeeded: rawValue) }

  /// The operation that the request asked for; `nil` for a value that no token has.
  @inlinable
  public var operation: Operation? {
    Operation(rawValue: UInt8(truncatingIfNeeded: rawValue >> 56))
  }
}

extension Token {
  /// Names the request by which a ring gives buffers to an old kernel; not of any table.
  static func bufferProvision(of buffers: Range<UInt16>) -> Token {
    Token(
      slot: slotLimit - 1,
      generation: UInt32(buffers.lowerBound) | UInt32(buffers.count) << 16, operation: .nop)
  }

  /// The buffers that a ring has given to an old kernel by the request of this name; `nil` if it
  /// names another request.
  public var providedBuffers: Range<UInt16>? {
    let first = UInt16(truncatingIfNeeded: generation)
    let (end, isTooFar) = first.addingReportingOverflow(UInt16(generation >> 16))
    guard slot == Self.slotLimit - 1, operation == .nop, first < end, !isTooFar else { return nil }
    return first..<end
  }
}

extension Token: CustomStringConvertible {
  /// The parts, for messages: `receive#12.3` is slot 12 in its generation 3.
  public var description: String {
    let name = operation.map { "\($0)" } ?? "unknown"
    return "\(name)#\(slot).\(generation)"
  }
}
