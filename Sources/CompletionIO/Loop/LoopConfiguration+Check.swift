// SPDX-License-Identifier: Apache-2.0

internal import Uring

extension LoopConfiguration {
  /// The most bytes of one send: a round number that one completion can count.
  static var oneSendByteLimit: Int { 1 << 30 }

  /// Refuses what no loop can be made of, before anything is made.
  ///
  /// The sizes of ``ring`` are the kernel's to judge.
  ///
  /// - Throws: ``RingSetupError`` with the name of the field.
  func check() throws(RingSetupError) {
    try Self.require(
      flightLimit >= 2 && flightLimit < Token.slotLimit, "flightLimit", flightLimit,
      "from 2, because the wake-up takes one, to \(Token.slotLimit - 1)")
    try Self.require(
      bufferCount > 0 && bufferCount <= 32768 && bufferCount & (bufferCount - 1) == 0,
      "bufferCount", bufferCount, "a power of two from 1 to 32768")
    try Self.require(
      bufferSize > 0 && bufferSize <= Int(Int32.max), "bufferSize", bufferSize,
      "from 1 to \(Int32.max)")
    if let incrementalBufferSize {
      try Self.require(
        incrementalBufferSize > 0 && incrementalBufferSize <= Int(Int32.max),
        "incrementalBufferSize", incrementalBufferSize, "from 1 to \(Int32.max)")
    }
    try Self.require(
      unclaimedByteLimit >= 0, "unclaimedByteLimit", unclaimedByteLimit, "at least 0")
    try Self.require(unsentByteLimit >= 0, "unsentByteLimit", unsentByteLimit, "at least 0")
    try Self.require(
      sendByteLimit >= 1 && sendByteLimit <= Self.oneSendByteLimit, "sendByteLimit",
      sendByteLimit, "from 1 to \(Self.oneSendByteLimit)")
    try Self.require(drainTimeLimit >= .zero, "drainTimeLimit", drainTimeLimit, "at least zero")
    if let quietTime {
      try Self.require(quietTime > .zero, "quietTime", quietTime, "above zero")
    }
    try Self.require(
      unclaimedConnectionLimit >= 1, "unclaimedConnectionLimit", unclaimedConnectionLimit,
      "at least 1")
    // Or the loop could not be woken, or not be ended.
    try ring.restriction?.requireForLoop()
  }

  private static func require(
    _ holds: Bool, _ field: String, _ value: some CustomStringConvertible, _ rule: String
  ) throws(RingSetupError) {
    guard !holds else { return }
    throw .badConfiguration("LoopConfiguration.\(field)", value, rule: rule)
  }
}
