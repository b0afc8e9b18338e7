// SPDX-License-Identifier: Apache-2.0

import CompletionIO

/// Waits for the moment when the loops of a soak hold no more than at its start.
struct SoakQuiescence {
  let groups: [CompletionLoopGroup]
  /// What was held at the first such moment.
  private var start: SoakHoldings?

  /// How long the servers may take to notice that their clients have gone.
  private static let limit: UInt64 = 20_000_000_000
  private static let pause = Duration.milliseconds(10)
  /// Looks in a row that must find the same before the first moment counts.
  private static let stillCount = 20

  init(_ groups: [CompletionLoopGroup]) { self.groups = groups }

  /// - Returns: What is held then, or at the end of the limit.
  mutating func wait() async -> SoakHoldings {
    let deadline = MonotonicClock.now + Self.limit
    var last = await SoakHoldings.current(groups)
    var sameCount = 0
    while MonotonicClock.now < deadline {
      if let start {
        if last == start { return last }
      } else if sameCount >= Self.stillCount, last.isQuiet {
        start = last
        return last
      }
      try? await groups[0].loops[0].sleep(for: Self.pause)
      let now = await SoakHoldings.current(groups)
      sameCount = now == last ? sameCount + 1 : 0
      last = now
    }
    if start == nil { start = last }
    return last
  }
}

extension SoakHoldings {
  /// Whether nothing is held for anybody but the servers themselves.
  var isQuiet: Bool {
    acceptedConnections + servingTasks + timers + leasedBuffers + unclaimedBytes + unsentBytes == 0
  }

  /// What the start itself must not hold, in words.
  var unrest: [String] {
    var quiet = self
    quiet.acceptedConnections = 0
    quiet.servingTasks = 0
    quiet.timers = 0
    quiet.leasedBuffers = 0
    quiet.unclaimedBytes = 0
    quiet.unsentBytes = 0
    return differences(from: quiet)
  }
}
