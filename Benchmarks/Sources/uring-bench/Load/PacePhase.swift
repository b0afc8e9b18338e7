// SPDX-License-Identifier: Apache-2.0

/// The open loop: messages at a fixed rate, whether or not the server keeps up.
///
/// Latency counts from the moment a message was due. Counted from the moment it was sent, a server
/// that stalls would delay the messages that were to show it (coordinated omission).
extension EchoLoad {
  /// Sends message `k` at `begin + k / perSecond` on the monotonic clock, for `length` nanoseconds,
  /// and waits for all answers.
  mutating func pace(
    begin: UInt64, length: UInt64, perSecond: Double, silence: Silence = Silence()
  ) {
    var silence = silence
    let schedule = PaceSchedule(begin: begin, length: length, perSecond: perSecond)
    lineUp()
    let ownStart = MonotonicClock.ownCPU
    isMeasuring = true
    var next = 0
    while next < schedule.count || underWay > 0 {
      let now = MonotonicClock.now
      while next < schedule.count, schedule.due(next) <= now, beginNext(due: schedule.due(next)) {
        next += 1
      }
      if idle.count == 0, underWay == 0, next < schedule.count {
        result.lostMessages += schedule.count - next
        note("no connection is left for \(schedule.count - next) messages")
        break
      }
      let mayBegin = next < schedule.count && idle.count > 0
      takeTurns(wait(nanoseconds: mayBegin ? schedule.wait(for: next) : 50_000_000))
      endSilence(&silence)
    }
    isMeasuring = false
    result.windowNanoseconds = max(length, MonotonicClock.now - min(begin, MonotonicClock.now))
    result.ownCPUNanoseconds = MonotonicClock.ownCPU - ownStart
  }
}

/// When the messages of an open loop are due.
struct PaceSchedule {
  let begin: UInt64
  let perSecond: Double
  /// Messages due before the end.
  let count: Int

  init(begin: UInt64, length: UInt64, perSecond: Double) {
    self.begin = begin
    self.perSecond = perSecond
    count = perSecond > 0 ? Int((Double(length) / 1e9 * perSecond).rounded(.up)) : 0
  }

  /// The moment of message `index`.
  @inline(__always)
  func due(_ index: Int) -> UInt64 { begin + UInt64(Double(index) / perSecond * 1e9) }

  /// Nanoseconds from now to message `index`, at most 50 ms.
  func wait(for index: Int) -> UInt64 {
    let due = due(index)
    let now = MonotonicClock.now
    return due > now ? min(due - now, 50_000_000) : 0
  }
}
