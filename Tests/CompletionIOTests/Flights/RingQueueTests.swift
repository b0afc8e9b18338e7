// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import CompletionIO

@Suite struct RingQueueTests {
  @Test func keepsTheOrderRoundTheEnd() {
    let queue = Numbers()
    for round in 0..<10 {
      for offset in 0..<3 { queue.append(round * 3 + offset) }
      #expect(queue.first == round * 3)
      #expect(queue.removeAll() == [0, 1, 2].map { round * 3 + $0 })
      #expect(queue.isEmpty && queue.first == nil && queue.count == 0)
    }
  }

  @Test(arguments: [0, 1, 3, 4, 5, 8, 9, 1000])
  func growsAndKeepsWhatItHolds(_ count: Int) {
    for removed in 0..<4 {
      let queue = Numbers()
      // So that the elements do not begin at the first place.
      for _ in 0..<removed { queue.append(-1) }
      for _ in 0..<removed { #expect(queue.removeFirst() == -1) }
      for number in 0..<count { queue.append(number) }
      #expect(queue.count == count)
      #expect((0..<count).map { queue[$0] } == Array(0..<count))
      #expect(queue.removeAll() == Array(0..<count))
    }
  }

  @Test func anElementIsChangedInItsPlace() {
    var queue = RingQueue<Int>()
    for number in 0..<6 { queue.append(number) }
    queue[4] *= 10
    queue[0] += 7
    let numbers = (0..<queue.count).map { queue[$0] }
    #expect(numbers == [7, 1, 2, 3, 40, 5])
  }

  @Test func anElementIsRemovedFromAnyPlaceAndTheOthersMoveUp() {
    for (wrap, place) in [(0, 0), (0, 2), (0, 4), (3, 0), (3, 2), (3, 4)] {
      let queue = Numbers()
      for _ in 0..<wrap { queue.append(-1) }
      for _ in 0..<wrap { _ = queue.removeFirst() }
      for number in 0..<5 { queue.append(number) }
      #expect(queue.remove(at: place) == place)
      #expect(queue.removeAll() == Array(0..<5).filter { $0 != place })
    }
  }

  @Test func anElementIsRemovedOnce() {
    let queue = Numbers()
    for number in [4, 7, 4] { queue.append(number) }
    #expect(queue.remove(4) && queue.remove(4))
    #expect(!queue.remove(4) && !queue.remove(9))
    #expect(queue.removeAll() == [7])
  }

  @Test func whatIsNotThereEndsTheProcess() async {
    await #expect(processExitsWith: .failure) {
      var queue = RingQueue<Int>()
      _ = queue.removeFirst()
    }
    await #expect(processExitsWith: .failure) {
      var queue = RingQueue<Int>()
      queue.append(1)
      _ = queue[1]
    }
    await #expect(processExitsWith: .failure) {
      var queue = RingQueue<Int>()
      queue.append(1)
      _ = queue[-1]
    }
  }

  @Test(arguments: [11, 12, 13, 14] as [UInt64])
  func randomUseAgreesWithAnArray(_ seed: UInt64) {
    var numbers = SeededNumbers(seed: seed)
    let queue = Numbers()
    var model: [Int] = []
    for step in 0..<5000 {
      switch numbers.next(below: 5) {
      case 0, 1:
        queue.append(step)
        model.append(step)
      case 2 where !model.isEmpty:
        #expect(queue.removeFirst() == model.removeFirst(), "seed \(seed), step \(step)")
      case 3 where !model.isEmpty:
        let place = numbers.next(below: model.count)
        #expect(queue.remove(at: place) == model.remove(at: place), "seed \(seed), step \(step)")
      case 4 where numbers.chance(1, outOf: 50):
        #expect(queue.removeAll() == model, "seed \(seed), step \(step)")
        model = []
      default: break
      }
      #expect(queue.count == model.count, "seed \(seed), step \(step)")
      #expect(queue.first == model.first, "seed \(seed), step \(step)")
    }
    #expect(queue.removeAll() == model)
  }

  // MARK: Elements that end

  @Test func everyElementEndsOnce() {
    let ends = Tally()
    do {
      var queue = RingQueue<CountedEnd>()
      for _ in 0..<3 { queue.append(CountedEnd(ends)) }
      _ = queue.removeFirst()
      #expect(ends.value == 1)
      for _ in 0..<4 { queue.append(CountedEnd(ends)) }
      #expect(ends.value == 1, "elements that move end nowhere")
      _ = queue.remove(at: 3)
      #expect(ends.value == 2)
      queue.removeAll()
      #expect(ends.value == 7)
      for _ in 0..<5 { queue.append(CountedEnd(ends)) }
      _ = queue.removeFirst()
      #expect(ends.value == 8)
    }
    #expect(ends.value == 12)
  }
}

/// Counts its end.
struct CountedEnd: ~Copyable {
  private let ends: Tally

  init(_ ends: Tally) { self.ends = ends }

  deinit { ends.add() }
}

/// A queue that expectations may mention, which noncopyable values may not be in.
private final class Numbers {
  private var queue = RingQueue<Int>()

  var count: Int { queue.count }
  var isEmpty: Bool { queue.isEmpty }
  var first: Int? { queue.first }
  subscript(offset: Int) -> Int { queue[offset] }
  func append(_ number: Int) { queue.append(number) }
  func removeFirst() -> Int { queue.removeFirst() }
  func remove(at offset: Int) -> Int { queue.remove(at: offset) }
  func remove(_ number: Int) -> Bool { queue.remove(number) }

  func removeAll() -> [Int] {
    defer { queue.removeAll() }
    return (0..<queue.count).map { queue[$0] }
  }
}
