// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Synchronization
import Uring

/// So many timers on a loop that the calling thread turns, with times like those of connections.
final class TimersRun {
  private let hosted: HostedLoop
  private let timers: [LoopTimer]
  private let endedCount: Counter
  private var numbers: TimeNumbers

  private final class Counter: Sendable {
    let value = Atomic<Int>(0)
  }

  /// Numbers from a seed (SplitMix64).
  private struct TimeNumbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var mixed = state
      mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
      return mixed ^ (mixed >> 31)
    }
  }

  init(count: Int, seed: UInt64) throws {
    let hosted = try HostedLoop()
    let ended = Counter()
    self.hosted = hosted
    endedCount = ended
    numbers = TimeNumbers(state: seed)
    timers = (0..<count).map { _ in
      LoopTimer(on: hosted.loop) { ended.value.add(1, ordering: .relaxed) }
    }
  }

  func close() { hosted.close() }

  /// Starts each, with a time of 1 to 60 s.
  func start() -> Int { measure(timers.indices) { timers[$0].start(farTime()) } }

  /// Starts each anew in a random order, as a connection's idle time with each message.
  func move() -> Int {
    measure(timers.indices.shuffled(using: &numbers)) { timers[$0].start(farTime()) }
  }

  /// Cancels every other one.
  func cancelHalf() -> Int {
    measure(stride(from: 0, to: timers.count, by: 2)) { timers[$0].cancel() }
  }

  /// Moves the others to the next millisecond, and turns until all have ended.
  func expireRest() throws -> Int {
    for index in stride(from: 1, to: timers.count, by: 2) {
      timers[index].start(.nanoseconds(Int64.random(in: 0..<1_000_000, using: &numbers)))
    }
    let count = timers.count / 2
    let clock = ContinuousClock()
    let start = clock.now
    while endedCount.value.load(ordering: .relaxed) < count {
      try hosted.turn(waitingAtMost: .seconds(1))
    }
    return nanoseconds(clock.now - start) / count
  }

  private func farTime() -> Duration {
    .nanoseconds(Int64.random(in: 1_000_000_000..<60_000_000_000, using: &numbers))
  }

  /// Measures calls, and the turn behind them in which their times are counted from.
  private func measure(_ indices: some Sequence<Int>, _ body: (Int) -> Void) -> Int {
    let indices = Array(indices)
    let clock = ContinuousClock()
    let start = clock.now
    for index in indices { body(index) }
    try? hosted.turn(waitingAtMost: .zero)
    return nanoseconds(clock.now - start) / indices.count
  }

  private func nanoseconds(_ duration: Duration) -> Int {
    let (seconds, attoseconds) = duration.components
    return Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
  }
}
