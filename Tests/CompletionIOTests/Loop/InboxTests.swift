// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization
import TestSupport
import Testing

@testable import CompletionIO

/// No message is lost and no wake-up is missed between two threads.
@Suite struct InboxTests {
  @Test func aMessageBeforeTheSleepPreventsIt() {
    let inbox = Inbox()
    let (isTaken, mustWake) = inbox.add(.call {})
    #expect(isTaken && !mustWake)
    #expect(!inbox.fallAsleep())
    var messages: [Inbox.Message] = []
    inbox.take(into: &messages)
    #expect(messages.count == 1)
    #expect(inbox.fallAsleep())
  }

  @Test func theFirstMessageOfASleepWakesAndTheOthersDoNot() {
    let inbox = Inbox()
    #expect(inbox.fallAsleep())
    #expect(inbox.add(.call {}).mustWake)
    #expect(!inbox.add(.call {}).mustWake)
    inbox.wakeUp()
    #expect(!inbox.add(.call {}).mustWake)
  }

  @Test func aClosedInboxRefuses() {
    let inbox = Inbox()
    _ = inbox.add(.call {})
    #expect(!inbox.closeIfEmpty { Issue.record("the inbox was not empty") })
    var messages: [Inbox.Message] = []
    inbox.take(into: &messages)
    #expect(inbox.closeIfEmpty {})
    let (isTaken, mustWake) = inbox.add(.call {})
    #expect(!isTaken && !mustWake)
  }

  /// Whoever is refused takes the loop for ended, and runs what it has brought by itself.
  @Test func nobodyIsRefusedBeforeTheLoopHasEnded() throws {
    let inbox = Inbox()
    let isBegun = Atomic<Bool>(false)
    let hasEnded = Atomic<Bool>(false)
    let sawTheEnd = Atomic<Bool>(false)
    var sender: TestThread?
    let isClosed = inbox.closeIfEmpty {
      sender = try? TestThread {
        isBegun.store(true, ordering: .sequentiallyConsistent)
        let isTaken = inbox.add(.call {}).isTaken
        let seen = !isTaken && hasEnded.load(ordering: .sequentiallyConsistent)
        sawTheEnd.store(seen, ordering: .sequentiallyConsistent)
      }
      guard sender != nil else { return }
      while !isBegun.load(ordering: .sequentiallyConsistent) { sched_yield() }
      // Time for a sender that would not wait.
      for _ in 0..<1000 { sched_yield() }
      hasEnded.store(true, ordering: .sequentiallyConsistent)
    }
    try #require(sender).join()
    let isSeen = sawTheEnd.load(ordering: .sequentiallyConsistent)
    #expect(isClosed && isSeen)
  }

  /// The sleeper waits on a semaphore that only owed wake-ups post: one that is missed hangs.
  @Test func twoThreadsNeverMissAWakeUp() throws {
    let exchange = Exchange(count: 20_000)
    let sender = try TestThread { exchange.send() }
    exchange.receive()
    sender.join()
    #expect(exchange.receivedCount == 20_000)
  }
}

/// One thread adds messages, the other takes them and sleeps when there are none.
@safe
private final class Exchange: @unchecked Sendable {
  private let inbox = Inbox()
  private let count: Int
  private let wakeUps: UnsafeMutablePointer<sem_t>
  private let received = Atomic<Int>(0)

  init(count: Int) {
    self.count = count
    unsafe wakeUps = .allocate(capacity: 1)
    unsafe sem_init(wakeUps, 0, 0)
  }

  deinit {
    unsafe sem_destroy(wakeUps)
    unsafe wakeUps.deallocate()
  }

  var receivedCount: Int { received.load(ordering: .relaxed) }

  func send() {
    for index in 0..<count {
      let message = Inbox.Message.call { [self] in received.add(1, ordering: .relaxed) }
      if inbox.add(message).mustWake { unsafe sem_post(wakeUps) }
      // Now and then a pause for the receiver to fall asleep in.
      if index % 64 == 0 { sched_yield() }
    }
  }

  func receive() {
    var messages: [Inbox.Message] = []
    while receivedCount < count {
      inbox.take(into: &messages)
      for case .call(let body) in messages { body() }
      messages.removeAll(keepingCapacity: true)
      guard receivedCount < count, inbox.fallAsleep() else { continue }
      unsafe sem_wait(wakeUps)
      inbox.wakeUp()
    }
  }
}
