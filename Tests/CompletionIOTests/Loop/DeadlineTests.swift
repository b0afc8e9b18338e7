// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import TestSupport
import Testing

@testable import CompletionIO
@testable import Uring

/// A deadline ends the wait, not the kernel's claim to the memory.
@Suite struct DeadlineTests {
  private let fixture: LoopFixture

  init() throws { fixture = try LoopFixture() }

  @Test func theWaiterHearsOfATimeoutAfterTheKernelsLastWord() throws {
    fixture.kernel.reply(to: .cancel, 0)
    let receive = try fixture.start(
      .made(.receive, byteCount: 10), timeout: .milliseconds(50))
    fixture.run(for: .milliseconds(49))
    #expect(fixture.kernel.submissions(of: .cancel).isEmpty)
    fixture.run(for: .milliseconds(10))
    #expect(fixture.kernel.submissions(of: .cancel).count == 1)
    #expect(receive.outcomes.isEmpty)
    try fixture.kernel.fail(.receive, .canceled)
    fixture.turn()
    #expect(receive.end?.error == .timedOut)
    #expect(receive.end?.isTimedOut == true)
    #expect(fixture.loop.statistics.deadlines == 1)
  }

  @Test func bytesThatMovedBeforeItAreTold() throws {
    fixture.kernel.reply(to: .send, 30)
    fixture.kernel.reply(to: .cancel, 0)
    let send = try fixture.start(.made(.send, byteCount: 100), timeout: .milliseconds(5))
    fixture.run(for: .milliseconds(6))
    try fixture.kernel.complete(.send, 25)
    fixture.settle()
    let end = try #require(send.end)
    #expect(end.error == .timedOut)
    #expect(end.byteCount == 55)
  }

  @Test func whatWasReceivedInTimeOrNotIsReceived() throws {
    fixture.kernel.refuse(.cancel, .alreadyInProcess)
    let receive = try fixture.start(
      .made(.receive, byteCount: 10), timeout: .milliseconds(5))
    fixture.run(for: .milliseconds(6))
    try fixture.kernel.complete(.receive, 10)
    fixture.turn()
    #expect(receive.end?.error == nil)
    #expect(receive.end?.result == 10)
  }

  @Test func anOperationInTimeLeavesNoTimer() throws {
    fixture.kernel.reply(to: .receive, 4)
    let receive = try fixture.start(.made(.receive, byteCount: 10), timeout: .seconds(1))
    fixture.turn()
    #expect(receive.end?.result == 4)
    #expect(fixture.loop.core.timers.count == 0)
    #expect(fixture.loop.statistics.deadlines == 0)
  }

  @Test func itHoldsAcrossResubmissions() throws {
    fixture.kernel.observer = { _, submission in
      submission.request.operation == .receive
        ? ScriptedKernel.Reply(result: -Errno.resourceTemporarilyUnavailable.rawValue) : nil
    }
    let receive = try fixture.start(
      .made(.receive, byteCount: 10),
      policy: .backoff(initial: .milliseconds(3), limit: .milliseconds(3)),
      timeout: .milliseconds(20))
    fixture.run(for: .milliseconds(19))
    #expect(receive.outcomes.isEmpty)
    fixture.run(for: .milliseconds(2))
    #expect(receive.end?.error == .timedOut)
    #expect((5...7).contains(fixture.kernel.submissions.count))
  }

  @Test func itHoldsInTheBacklog() throws {
    fixture.kernel.submissionLimit = 0
    let receive = try fixture.start(.made(.receive, byteCount: 10), timeout: .microseconds(1))
    fixture.turn(20)
    #expect(receive.outcomes.isEmpty || receive.end?.error == .timedOut)
    fixture.kernel.submissionLimit = 8
    fixture.settle()
    #expect(receive.end?.error == .timedOut)
    #expect(fixture.kernel.submissions.isEmpty)
  }

  @Test func timersEndInOrderAndOnTime() throws {
    var order: [Int] = []
    for milliseconds in [30, 10, 20, 10] {
      let start = fixture.kernel.now
      nonisolated(unsafe) let ended = {
        let elapsed = fixture.kernel.now - start
        #expect(elapsed >= UInt64(milliseconds) * 1_000_000)
        #expect(elapsed < UInt64(milliseconds) * 1_000_000 + 10_000)
        order.append(milliseconds)
      }
      LoopTimer(on: fixture.loop) { unsafe ended() }.start(.milliseconds(milliseconds))
    }
    fixture.run(for: .seconds(1))
    #expect(order == [10, 10, 20, 30])
    #expect(fixture.kernel.submissions.isEmpty)
    #expect(fixture.kernel.enterCount < 12)
  }

  @Test(arguments: [Duration.zero, .seconds(-5)])
  func aTimeOfNothingPassesAtOnce(_ timeout: Duration) throws {
    let ends = Tally()
    LoopTimer(on: fixture.loop) { ends.add() }.start(timeout)
    fixture.turn(2)
    #expect(ends.value == 1)
  }

  @Test func theLongestTimeDoesNotOverflow() throws {
    let receive = try fixture.start(
      .made(.receive, byteCount: 1), timeout: .seconds(Int64.max))
    fixture.kernel.after(.seconds(3600)) { try? $0.complete(.receive, 1) }
    fixture.run(for: .seconds(3601))
    #expect(receive.results == [1])
  }

  /// zio #623: thousands of timeouts at one instant.
  @Test func manyDeadlinesAtOneInstantAllPassOnce() throws {
    let fixture = try LoopFixture { $0.flightLimit = 4096 }
    fixture.kernel.submissionLimit = 16
    let all = try (0..<2000).map {
      try fixture.start(.made(.receive, on: $0, byteCount: 1), timeout: .milliseconds(100))
    }
    fixture.run(for: .milliseconds(200))
    #expect(all.allSatisfy { $0.end?.error == .timedOut })
    #expect(fixture.loop.statistics.deadlines == 2000)
    #expect(fixture.loop.operationCount == 0)
  }
}
