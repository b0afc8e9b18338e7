// SPDX-License-Identifier: Apache-2.0

/// The closed loop: a number of messages under way, each answer followed by a message on another
/// connection.
extension EchoLoad {
  /// Keeps `window` messages under way from now until the end of the measured time, which begins at
  /// `begin` on the monotonic clock.
  mutating func rotate(
    begin: UInt64, length: UInt64, window: Int, silence: Silence = Silence()
  ) {
    var silence = silence
    lineUp()
    turn(until: begin, window, &silence)
    let start = MonotonicClock.now
    let ownStart = MonotonicClock.ownCPU
    isMeasuring = true
    turn(until: begin + length, window, &silence)
    isMeasuring = false
    result.windowNanoseconds = MonotonicClock.now - start
    result.ownCPUNanoseconds = MonotonicClock.ownCPU - ownStart
    settle(&silence)
  }

  private mutating func turn(until deadline: UInt64, _ window: Int, _ silence: inout Silence) {
    while true {
      while underWay < window, beginNext(due: MonotonicClock.now) {}
      let now = MonotonicClock.now
      guard now < deadline else { return }
      takeTurns(wait(nanoseconds: min(deadline - now, 50_000_000)))
      endSilence(&silence)
    }
  }
}
