// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import CompletionIO

/// Queues whose memory is on loan.
@Suite struct LentQueueTests {
  @Test func memoryGoesRoundAndIsGivenBack() {
    let storage = QueueStorage<CountedEnd>()
    let ends = Tally()
    var first = LentQueue<CountedEnd>()
    var second = LentQueue<CountedEnd>()
    first.append(CountedEnd(ends), lentBy: storage)
    let place = address(of: &first)
    first.giveBack(to: storage)
    first.append(CountedEnd(ends), lentBy: storage)
    #expect(address(of: &first) == place, "memory that holds something is not given back")
    first.removeAll()
    first.giveBack(to: storage)
    second.append(CountedEnd(ends), lentBy: storage)
    #expect(address(of: &second) == place, "the memory is lent again")
    first.giveBack(to: storage)
    first.append(CountedEnd(ends), lentBy: storage)
    #expect(address(of: &first) != place)
    #expect(ends.value == 2)
  }

  @Test func aQueueThatEndsEndsItsElements() {
    let storage = QueueStorage<CountedEnd>()
    let ends = Tally()
    do {
      var queue = LentQueue<CountedEnd>()
      for _ in 0..<9 { queue.append(CountedEnd(ends), lentBy: storage) }
      queue.dropFirst()
      _ = queue.remove(at: 3)
      #expect(ends.value == 2)
    }
    #expect(ends.value == 9)
    storage.destroy()
  }

  @Test func memoryThatHasGrownIsNotLent() {
    let storage = QueueStorage<CountedEnd>()
    let ends = Tally()
    var queue = LentQueue<CountedEnd>()
    for _ in 0..<100 { queue.append(CountedEnd(ends), lentBy: storage) }
    queue.removeAll()
    queue.giveBack(to: storage)
    // As many as fit into memory of the first size, or they would lie behind it.
    for _ in 0..<RingQueue<CountedEnd>.firstCapacity {
      queue.append(CountedEnd(ends), lentBy: storage)
    }
    for _ in 0..<5 { queue.append(CountedEnd(ends), lentBy: storage) }
    let count = queue.count
    #expect(count == 9)
    queue.removeAll()
    #expect(ends.value == 109)
  }

  /// Where the first element is.
  private func address(of queue: inout LentQueue<CountedEnd>) -> UInt {
    unsafe withUnsafePointer(to: &queue[0]) { UInt(bitPattern: $0) }
  }
}
