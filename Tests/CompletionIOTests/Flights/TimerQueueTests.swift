// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import CompletionIO

@Suite struct TimerQueueTests {
  typealias Key = TimerQueue.Key

  @Test func earliestFirst() {
    let timers = Timers()
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
    let timers = Timers()
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
    for last in [0, 1, 999, (1 << 16) - 1] {
      let timers = Timers()
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
    var queue = TimerQueue()
    queue.schedule(3, at: 10)
    queue.schedule(.wait(3), at: 20)
    queue.remove(3)
    let (count, next) = (queue.count, queue.nextTime)
    #expect(count == 1 && next == 20)
  }

  @Test func tenThousandAtOneInstantAllComeOnce() {
    let timers = Timers()
    var keys: [Key] = []
    for slot in 0..<5000 { keys += [.flight(slot), .wait(slot)] }
    for key in keys { timers.schedule(key, at: 7) }
    var popped: [Key] = []
    while let key = timers.popDue(at: 7) { popped.append(key) }
    #expect(popped == keys, "in the order in which they were set")
  }

  /// A list of one instant is handed on whole when another time comes beside it.
  @Test(arguments: [8, 7 + 64, 7 + 4096, .max] as [UInt64])
  func manyAtOneInstantBesideAnother(_ other: UInt64) {
    let timers = Timers()
    for slot in 0..<100 { timers.schedule(.flight(slot), at: 7) }
    timers.schedule(.wait(0), at: other)
    for slot in 100..<120 { timers.schedule(.flight(slot), at: 7) }
    #expect(timers.nextTime == 7)
    for slot in 0..<120 { #expect(timers.popDue(at: 7) == .flight(slot)) }
    #expect(timers.popDue(at: other - 1) == nil && timers.nextTime == other)
    #expect(timers.popDue(at: other) == .wait(0))
  }

  @Test func theEndsOfTime() {
    let timers = Timers()
    let times: [UInt64] = [.max, 0, .max - 1, 1, 1 << 63, (1 << 63) - 1]
    for (slot, time) in times.enumerated() { timers.schedule(.wait(slot), at: time) }
    #expect(timers.popDue(at: 0) == .wait(1) && timers.popDue(at: 0) == nil)
    for slot in [3, 5, 4, 2, 0] {
      #expect(timers.nextTime == times[slot])
      if times[slot] > 0 { #expect(timers.popDue(at: times[slot] - 1) == nil) }
      #expect(timers.popDue(at: times[slot]) == .wait(slot))
    }
    #expect(timers.nextTime == nil && timers.popDue(at: .max) == nil)
  }

  /// A time before those that have come out already, as after a change of a deadline.
  @Test func timesMayMoveBackwards() {
    let timers = Timers()
    for slot in 0..<64 { timers.schedule(.flight(slot), at: 1_000_000 + UInt64(slot)) }
    #expect(timers.popDue(at: 2_000_000) == .flight(0))
    timers.schedule(.flight(0), at: 5)
    timers.schedule(.flight(63), at: 4)
    #expect(timers.nextTime == 4)
    #expect(timers.popDue(at: 4) == .flight(63) && timers.popDue(at: 4) == nil)
    #expect(timers.popDue(at: 5) == .flight(0))
    #expect(timers.nextTime == 1_000_001)
  }

  @Test func aKeyThatIsSetAgainComesBehindThoseOfItsInstant() {
    let timers = Timers()
    for slot in 0..<3 { timers.schedule(.wait(slot), at: 9) }
    timers.schedule(.wait(0), at: 9)
    let order = (0..<3).map { _ in timers.popDue(at: 9) }
    #expect(order == [.wait(1), .wait(2), .wait(0)])
  }
}

/// Timers that expectations may mention, which noncopyable values may not be in.
private final class Timers {
  private var queue = TimerQueue()

  var count: Int { queue.count }
  var nextTime: UInt64? { queue.nextTime }
  func schedule(_ key: TimerQueue.Key, at time: UInt64) { queue.schedule(key, at: time) }
  func remove(_ key: TimerQueue.Key) { queue.remove(key) }
  func popDue(at now: UInt64) -> TimerQueue.Key? { queue.popDue(at: now) }
}
