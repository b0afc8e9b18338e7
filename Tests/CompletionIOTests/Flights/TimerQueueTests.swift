import TestSupport
import Testing

@testable import CompletionIO

@Suite struct TimerQueueTests {
  @Test func earliestFirst() {
    let timers = Timers(capacity: 4)
    timers.schedule(0, at: 30)
    timers.schedule(1, at: 10)
    timers.schedule(2, at: 20)
    #expect(timers.nextTime == 10)
    #expect(timers.popDue(at: 9) == nil)
    #expect(timers.popDue(at: 25) == 1)
    #expect(timers.popDue(at: 25) == 2)
    #expect(timers.popDue(at: 25) == nil)
    #expect(timers.popDue(at: .max) == 0)
    #expect(timers.nextTime == nil && timers.count == 0)
  }

  @Test func aTimeCanBeMovedAndForgotten() {
    let timers = Timers(capacity: 3)
    for slot in 0..<3 { timers.schedule(slot, at: 10) }
    timers.schedule(1, at: 5)
    #expect(timers.nextTime == 5)
    timers.schedule(1, at: 50)
    #expect(timers.nextTime == 10)
    timers.remove(0)
    timers.remove(0)
    timers.remove(2)
    #expect(timers.count == 1 && timers.nextTime == 50)
    timers.remove(1)
    #expect(timers.nextTime == nil)
  }

  @Test(arguments: [21, 22, 23, 24, 25, 26] as [UInt64])
  func randomUseAgreesWithANaiveModel(_ seed: UInt64) {
    var numbers = SeededNumbers(seed: seed)
    let capacity = 40
    let timers = Timers(capacity: capacity)
    var model: [Int: UInt64] = [:]
    var now: UInt64 = 0
    for step in 0..<6000 {
      let slot = numbers.next(below: capacity)
      switch numbers.next(below: 5) {
      case 0, 1:
        // Few different times, so that many are equal.
        let time = now + UInt64(numbers.next(below: 20))
        timers.schedule(slot, at: time)
        model[slot] = time
      case 2:
        timers.remove(slot)
        model[slot] = nil
      default:
        now += UInt64(numbers.next(below: 3))
        while let due = timers.popDue(at: now) {
          let earliest = model.values.min()
          #expect(model[due] == earliest, "seed \(seed), step \(step)")
          model[due] = nil
        }
        #expect(!model.values.contains { $0 <= now }, "seed \(seed), step \(step)")
      }
      #expect(timers.count == model.count, "seed \(seed), step \(step)")
      #expect(timers.nextTime == model.values.min(), "seed \(seed), step \(step)")
    }
  }

  @Test func tenThousandAtOneInstantAllComeOnce() {
    let timers = Timers(capacity: 10_000)
    for slot in 0..<10_000 { timers.schedule(slot, at: 7) }
    var seen = Set<Int>()
    while let slot = timers.popDue(at: 7) { #expect(seen.insert(slot).inserted) }
    #expect(seen.count == 10_000)
  }
}

/// Timers that expectations may mention, which noncopyable values may not be in.
private final class Timers {
  private var queue: TimerQueue

  init(capacity: Int) { queue = TimerQueue(capacity: capacity) }

  var count: Int { queue.count }
  var nextTime: UInt64? { queue.nextTime }
  func schedule(_ slot: Int, at time: UInt64) { queue.schedule(slot, at: time) }
  func remove(_ slot: Int) { queue.remove(slot) }
  func popDue(at now: UInt64) -> Int? { queue.popDue(at: now) }
}
