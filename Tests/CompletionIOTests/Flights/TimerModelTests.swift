// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import CompletionIO

/// The timers of a loop against a list that is searched from its start each time.
@Suite struct TimerModelTests {
  /// How far apart times are.
  enum Spread: CaseIterable {
    /// Many at one instant.
    case narrow
    /// What connections use: some milliseconds to some minutes, many of them alike.
    case usual
    /// Anywhere, before now too.
    case anywhere

    func time(after now: UInt64, _ numbers: inout SeededNumbers) -> UInt64 {
      switch self {
      case .narrow: return now + UInt64(numbers.next(below: 20))
      case .usual:
        let durations: [UInt64] = [1_000_000, 1_000_000, 30_000_000_000, 300_000_000_000]
        return now + durations[numbers.next(below: 4)] + UInt64(numbers.next(below: 3))
      case .anywhere: return numbers.next() >> UInt64(numbers.next(below: 64))
      }
    }

    func step(_ numbers: inout SeededNumbers) -> UInt64 {
      switch self {
      case .narrow: UInt64(numbers.next(below: 3))
      case .usual: UInt64(numbers.next(below: 2_000_000))
      case .anywhere: numbers.next() >> UInt64(10 + numbers.next(below: 50))
      }
    }
  }

  @Test(arguments: Spread.allCases, [21, 22, 23, 24] as [UInt64])
  func randomUseAgreesWithANaiveModel(_ spread: Spread, _ seed: UInt64) {
    var numbers = SeededNumbers(seed: seed)
    var timers = TimerQueue()
    var model = Model()
    var now: UInt64 = 0
    for step in 0..<3000 {
      let slot = numbers.next(below: 60)
      let key: TimerQueue.Key = numbers.chance(1, outOf: 2) ? .flight(slot) : .wait(slot)
      switch numbers.next(below: 8) {
      case 0...4:
        let time = spread.time(after: now, &numbers)
        timers.schedule(key, at: time)
        model.schedule(key, at: time)
      case 5, 6:
        timers.remove(key)
        model.remove(key)
      default:
        now &+= spread.step(&numbers)
        for _ in 0...numbers.next(below: 8) {
          let (due, expected) = (timers.popDue(at: now), model.popDue(at: now))
          #expect(due == expected, "seed \(seed), step \(step)")
        }
      }
      let (count, next) = (timers.count, timers.nextTime)
      #expect(count == model.list.count, "seed \(seed), step \(step)")
      #expect(next == model.nextTime, "seed \(seed), step \(step)")
    }
    while let expected = model.popDue(at: .max) {
      let due = timers.popDue(at: .max)
      #expect(due == expected, "seed \(seed)")
    }
    let count = timers.count
    #expect(count == 0)
  }

  /// Keys with their times, in the order in which they were set.
  private struct Model {
    var list: [(key: TimerQueue.Key, time: UInt64)] = []

    var nextTime: UInt64? { list.map(\.time).min() }

    mutating func schedule(_ key: TimerQueue.Key, at time: UInt64) {
      remove(key)
      list.append((key, time))
    }

    mutating func remove(_ key: TimerQueue.Key) { list.removeAll { $0.key == key } }

    mutating func popDue(at now: UInt64) -> TimerQueue.Key? {
      guard let time = nextTime, time <= now,
        let index = list.firstIndex(where: { $0.time == time })
      else { return nil }
      return list.remove(at: index).key
    }
  }
}
