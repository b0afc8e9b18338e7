// SPDX-License-Identifier: Apache-2.0

/// The properties of a flight that few flights have, in memory that the others do without: a
/// receive that waits for months has none of them.
struct FlightRest: Hashable {
  /// When its owner stops waiting, in nanoseconds of the loop's clock; 0 for never.
  var deadline: UInt64 = 0
  /// The caller's word, which comes back with each answer.
  var context: UInt = 0
  /// Bytes moved by earlier submissions.
  var byteCount: UInt32 = 0
  /// The result of a zero-copy send, until its memory is free.
  var heldResult: Int32 = 0

  var isTimedOut: Bool { deadline == Self.passedDeadline }

  /// Marks a deadline that has passed.
  static let passedDeadline = UInt64.max
}
