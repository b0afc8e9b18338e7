// SPDX-License-Identifier: Apache-2.0

/// A stretch of a soak: new work is begun until it is over, then everything is let finish.
struct SoakPhase: Sendable {
  /// Counted from 0, which is the warm-up.
  let number: Int
  /// On the monotonic clock, in nanoseconds.
  let end: UInt64

  /// Whether no new work is to be begun.
  var isOver: Bool { MonotonicClock.now >= end }

  /// The seconds of each phase of a soak that takes `minutes`: a warm-up, then one to each point.
  ///
  /// A long soak looks once a minute; a short one has a warm-up of a quarter and three points.
  static func lengths(minutes: Double) -> [Double] {
    let total = minutes * 60
    let warmup = min(60, total / 4)
    let count = max(3, Int(((total - warmup) / 60).rounded(.up)))
    return [warmup] + Array(repeating: (total - warmup) / Double(count), count: count)
  }
}
