import TestSupport
import Testing

@testable import CompletionIO

@Suite struct SlotQueueTests {
  @Test func keepsTheOrderRoundTheEnd() {
    let queue = Line(capacity: 4)
    for round in 0..<10 {
      for slot in 0..<3 { queue.append(round * 3 + slot) }
      #expect(queue.first == round * 3)
      #expect((0..<3).map { _ in queue.removeFirst() } == [0, 1, 2].map { round * 3 + $0 })
      #expect(queue.isEmpty && queue.first == nil)
    }
  }

  @Test func holdsAsManyAsItSays() {
    for capacity in [1, 2, 3, 4, 5, 17] {
      let queue = Line(capacity: capacity)
      for slot in 0..<capacity { queue.append(slot) }
      #expect(queue.count == capacity)
      #expect((0..<capacity).map { _ in queue.removeFirst() } == Array(0..<capacity))
    }
  }

  @Test func oneMoreThanItHoldsEndsTheProcess() async {
    await #expect(processExitsWith: .failure) {
      var queue = SlotQueue(capacity: 4)
      for slot in 0...4 { queue.append(slot) }
    }
  }

  @Test(arguments: [11, 12, 13, 14] as [UInt64])
  func randomUseAgreesWithAnArray(_ seed: UInt64) {
    var numbers = SeededNumbers(seed: seed)
    let queue = Line(capacity: 13)
    var model: [Int] = []
    for step in 0..<5000 {
      switch numbers.next(below: 4) {
      case 0, 1:
        let slot = numbers.next(below: 1000)
        guard model.count < 13, !model.contains(slot) else { continue }
        queue.append(slot)
        model.append(slot)
      case 2:
        guard !model.isEmpty else { continue }
        #expect(queue.removeFirst() == model.removeFirst(), "seed \(seed), step \(step)")
      default:
        let slot = model.randomElement(using: &numbers) ?? 2000
        queue.remove(slot)
        model.removeAll { $0 == slot }
      }
      #expect(queue.count == model.count, "seed \(seed), step \(step)")
      #expect(queue.first == model.first, "seed \(seed), step \(step)")
    }
    #expect((0..<queue.count).map { _ in queue.removeFirst() } == model)
  }
}

/// A line that expectations may mention, which noncopyable values may not be in.
private final class Line {
  private var queue: SlotQueue

  init(capacity: Int) { queue = SlotQueue(capacity: capacity) }

  var count: Int { queue.count }
  var isEmpty: Bool { queue.isEmpty }
  var first: Int? { queue.first }
  func append(_ slot: Int) { queue.append(slot) }
  func removeFirst() -> Int { queue.removeFirst() }
  func remove(_ slot: Int) { queue.remove(slot) }
}
