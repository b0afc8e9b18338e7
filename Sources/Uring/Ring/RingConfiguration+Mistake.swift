// SPDX-License-Identifier: Apache-2.0

// For people who read why a ring was refused; asked once the kernel has said EINVAL.
extension RingConfiguration {
  /// The field that makes io_uring_setup(2) say EINVAL with every set of flags; `nil` for none.
  ///
  /// The limits are IORING_MAX_ENTRIES and IORING_MAX_CQ_ENTRIES (io_uring_fill_params).
  package var mistake: RingSetupError? {
    guard let flags = flagLadder.last else {
      return .badConfiguration(
        "RingConfiguration.flagLadder", "empty", rule: "one set of flags or more")
    }
    let isClamped = flags.contains(.clamp)
    guard submissionEntryCount > 0, isClamped || submissionEntryCount <= Self.submissionLimit else {
      return .badConfiguration(
        "RingConfiguration.submissionEntryCount", submissionEntryCount,
        rule: "from 1 to \(Self.submissionLimit)")
    }
    guard flags.contains(.completionQueueSize) else { return nil }
    let least = Self.roundedUp(min(submissionEntryCount, Self.submissionLimit))
    let isLargeEnough = completionEntryCount > least / 2
    guard isLargeEnough, isClamped || completionEntryCount <= 2 * Self.submissionLimit else {
      return .badConfiguration(
        "RingConfiguration.completionEntryCount", completionEntryCount,
        rule: """
          from \(least), the submission queue's size, to \(2 * Self.submissionLimit)
          """)
    }
    return nil
  }

  private static var submissionLimit: UInt32 { 32768 }

  /// The least power of two that is not below a number from 1 to 32768.
  private static func roundedUp(_ count: UInt32) -> UInt32 {
    count == 1 ? 1 : 1 << (UInt32(UInt32.bitWidth) - UInt32((count - 1).leadingZeroBitCount))
  }
}
