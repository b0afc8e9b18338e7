import TestSupport
import Testing

@testable import CompletionIO

@Suite struct TimerQueueTests {
  typealias Key = TimerQueue.Key

  @Test func earliestFirst() {
    let timers = Timers(flightLimit: 4)
    timers.schedule(.flight(0), at: 30)
    timers.schedule(.wait(0), at: 10)
    timers.schedule(.flight(2), at: 20)
    #expect(timers.nextTime == 10)
    #expect(timers.popDue(at: 9) == nil)
    #expect(timers.popDue(at: 25) == .wait(0))
    #expect(timers.popDue(at: 25) == .flight(2))
    #expect(timers.popDue(at: 25) == nil)
    #expect(timers.popDue(at: .max) == .flight(0))
    #expect(timers.nextTime == nil && timers.count == 0)
  }

  @Test func aTimeCanBeMovedAndForgotten() {
    let timers = Timers(flightLimit: 3)
    for slot in 0..<3 { timers.schedule(.flight(slot), at: 10) }
    timers.schedule(.flight(1), at: 5)
    #expect(timers.nextTime == 5)
    timers.schedule(.flight(1), at: 50)
    #expect(timers.nextTime == 10)
    timers.remove(.flight(0))
    timers.remove(.flight(0))
    timers.remove(.flight(2))
    #expect(timers.count == 1 && timers.nextTime == 50)
    timers.remove(.flight(1))
    #expect(timers.nextTime == nil)
  }

  /// A flight and a wait in slots of the same number have a time each.
  @Test func aFlightAndAWaitOfOneSlotAreApart() {
    for flightLimit in [1, 2, 1000, 1 << 16] {
      let timers = Timers(flightLimit: flightLimit)
      let last = flightLimit - 1
      timers.schedule(.flight(last), at: 1)
      timers.schedule(.wait(0), at: 2)
      timers.schedule(.wait(last), at: 3)
      timers.remove(.wait(last + 1))
      #expect(timers.count == (last == 0 ? 2 : 3))
      timers.remove(.flight(last))
      #expect(timers.nextTime == (last == 0 ? 3 : 2))
      #expect(timers.popDue(at: 2) == (last == 0 ? nil : .wait(0)))
      #expect(timers.popDue(at: 3) == .wait(last))
      #expect(timers.count == 0)
    }
  }

  @Test func flightsAreMeantWhereOnlyASlotIsGiven() {
    var queue = TimerQueue(flightLimit: 8)
    queue.schedule(3, at: 10)
    queue.schedule(.wait(3), at: 20)
    queue.remove(3)
    let (count, next) = (queue.count, queue.nextTime)
    #expect(count == 1 && next == 20)
  }

  @Test(arguments: [21, 22, 23, 24, 25, 26] as [UInt64])
  func randomUseAgreesWithANaiveModel(_ seed: UInt64) {
    var numbers = SeededNumbers(seed: seed)
    let timers = Timers(flightLimit: 20)
    var model: [Key: UInt64] = [:]
    var now: UInt64 = 0
    for step in 0..<6000 {
      let slot = numbers.next(below: 20)
      let key: Key = numbers.chance(1, outOf: 2) ? .flight(slot) : .wait(slot)
      switch numbers.next(below: 5) {
      case 0, 1:
        // Few different times, so that many are equal.
        let time = now + UInt64(numbers.next(below: 20))
        timers.schedule(key, at: time)
        model[key] = time
      case 2:
        timers.remove(key)
        model[key] = nil
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
    let timers = Timers(flightLimit: 5000)
    for slot in 0..<5000 {
      timers.schedule(.flight(slot), at: 7)
      timers.schedule(.wait(slot), at: 7)
    }
    var seen = Set<Key>()
    while let key = timers.popDue(at: 7) { #expect(seen.insert(key).inserted) }
    #expect(seen.count == 10_000)
  }
}

/// Timers that expectations may mention, which noncopyable values may not be in.
private final class Timers {
  private var queue: TimerQueue

  init(flightLimit: Int) { queue = TimerQueue(flightLimit: flightLimit) }

  var count: Int { queue.count }
  var nextTime: UInt64? { queue.nextTime }
  func schedule(_ key: TimerQueue.Key, at time: UInt64) { queue.schedule(key, at: time) }
  func remove(_ key: TimerQueue.Key) { queue.remove(key) }
  func popDue(at now: UInt64) -> TimerQueue.Key? { queue.popDue(at: now) }
}
