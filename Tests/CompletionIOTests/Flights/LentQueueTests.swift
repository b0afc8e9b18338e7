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

  @Test func anAccountBeginsAnewWithEachLoan() {
    let storage = QueueStorage<CountedEnd>()
    let ends = Tally()
    var first = LentQueue<CountedEnd>()
    #expect(first.account.byteCount == 0, "of no queue there is an account of nothing")
    first.append(CountedEnd(ends), lentBy: storage)
    first.changeAccount { ($0.byteCount, $0.inFlightByteCount, $0.token.rawValue) = (7, 5, 9) }
    #expect(first.account.byteCount == 7)
    first.removeAll()
    first.giveBack(to: storage)
    #expect(first.account.byteCount == 0)
    var second = LentQueue<CountedEnd>()
    second.append(CountedEnd(ends), lentBy: storage)
    let account = second.account
    #expect(account.byteCount == 0 && account.inFlightByteCount == 0)
    #expect(account.token.rawValue == 0)
  }

  @Test func aQueueThatHasEndedIsNotLentAgain() {
    let storage = QueueStorage<CountedEnd>()
    let ends = Tally()
    var ended = LentQueue<CountedEnd>()
    ended.append(CountedEnd(ends), lentBy: storage)
    let place = address(of: &ended)
    ended.keep(end: 77)
    ended.removeAll()
    ended.giveBack(to: storage)
    #expect(ended.account.end == 77)
    var other = LentQueue<CountedEnd>()
    other.append(CountedEnd(ends), lentBy: storage)
    #expect(address(of: &other) != place)
    #expect(other.account.end == nil)
    var empty = LentQueue<CountedEnd>()
    empty.keep(end: 78)
    empty.giveBack(to: storage)
    #expect(empty.isEmpty && empty.account.end == 78, "one that was never lent keeps its end too")
    #expect(ends.value == 1)
  }

  /// Where the first element is.
  private func address(of queue: inout LentQueue<CountedEnd>) -> UInt {
    unsafe withUnsafePointer(to: &queue[0]) { UInt(bitPattern: $0) }
  }
}
