// SPDX-License-Identifier: Apache-2.0

/// One message on every connection, and the question whether all of them are still there.
extension EchoLoad {
  /// Echoes one message on each open connection, `window` of them under way at once.
  mutating func sweep(window: Int, silence: Silence = Silence()) {
    var silence = silence
    lineUp()
    let start = MonotonicClock.now
    let ownStart = MonotonicClock.ownCPU
    isMeasuring = true
    var left = idle.count
    while left > 0 || underWay > 0 {
      while left > 0, underWay < max(1, window) {
        left = beginNext(due: MonotonicClock.now) ? left - 1 : 0
      }
      takeTurns(wait(milliseconds: 50))
      endSilence(&silence)
    }
    isMeasuring = false
    result.windowNanoseconds = MonotonicClock.now - start
    result.ownCPUNanoseconds = MonotonicClock.ownCPU - ownStart
  }

  /// Finds connections that the server has closed, and bytes that nobody asked for.
  mutating func check() {
    lineUp()
    // Each event takes bytes or a connection away, so that there is an end to them.
    while true {
      let ready = wait(milliseconds: 0)
      guard ready > 0 else { return }
      takeTurns(ready)
    }
  }
}
