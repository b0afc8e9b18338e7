// SPDX-License-Identifier: Apache-2.0

internal import Uring

/// A point in time on the clock of the loops: for deadlines.
///
/// All loops of a process have one clock, which does not run while the machine is suspended
/// (`CLOCK_MONOTONIC`), as the kernel's own timers do not. So it is not `ContinuousClock`, which
/// does run then (`CLOCK_BOOTTIME`); and loops of a simulation have a clock of their own.
public struct LoopInstant: Hashable, Sendable {
  /// Nanoseconds since the clock began.
  package let nanoseconds: UInt64

  package init(nanoseconds: UInt64) {
    self.nanoseconds = nanoseconds
  }
}

extension LoopInstant: InstantProtocol {
  /// The instant a duration later; the first or the last one where the clock has none such.
  public func advanced(by duration: Duration) -> LoopInstant {
    guard duration < .zero else {
      let sum = nanoseconds.addingReportingOverflow(UInt64(duration.clampedNanoseconds))
      return LoopInstant(nanoseconds: sum.overflow ? .max - 1 : min(sum.partialValue, .max - 1))
    }
    let back = UInt64((.zero - duration).clampedNanoseconds)
    return LoopInstant(nanoseconds: nanoseconds - min(back, nanoseconds))
  }

  /// The time from this instant to another one; below zero if that is earlier.
  public func duration(to other: LoopInstant) -> Duration {
    other < self
      ? .zero - .nanoseconds(Int64(clamping: nanoseconds - other.nanoseconds))
      : .nanoseconds(Int64(clamping: other.nanoseconds - nanoseconds))
  }

  /// Whether an instant is earlier than another one.
  public static func < (left: LoopInstant, right: LoopInstant) -> Bool {
    left.nanoseconds < right.nanoseconds
  }

  /// The instant a duration later.
  public static func + (instant: LoopInstant, duration: Duration) -> LoopInstant {
    instant.advanced(by: duration)
  }
}
