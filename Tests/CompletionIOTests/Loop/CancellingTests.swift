// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing

@testable import CompletionIO
@testable import Uring

/// A cancel meets an operation wherever it is.
@Suite struct CancellingTests {
  private let fixture: LoopFixture

  init() throws { fixture = try LoopFixture() }

  @Test func inTheBacklogItNeverReachesTheKernel() throws {
    let receive = try fixture.start(.made(.receive, byteCount: 1))
    fixture.end(receive)
    fixture.settle()
    #expect(receive.end?.error == .canceled)
    #expect(fixture.kernel.submissions.isEmpty)
  }

  /// Found by deadline-races, seed 80666: the deadline took the place of the cancel's repetition.
  @Test func aDeadlineDoesNotForgetACancelThatMissed() throws {
    let receive = try fixture.start(
      .made(.receive, byteCount: 1), timeout: .microseconds(500))
    fixture.turnWithoutWaiting()
    fixture.kernel.refuse(.cancel, .alreadyInProcess)
    fixture.end(receive)
    fixture.run(for: .milliseconds(5))
    #expect(receive.end != nil)
    #expect(fixture.loop.statistics.repeatedCancels == 1)
  }

  @Test func duringAPauseItEndsAtOnce() throws {
    fixture.kernel.refuse(.receive, .noMemory)
    let receive = try fixture.start(.made(.receive, byteCount: 1))
    fixture.turn()
    fixture.end(receive)
    fixture.turn()
    #expect(receive.end?.error == .canceled)
    fixture.run(for: .seconds(1))
    #expect(fixture.kernel.submissions.count == 1)
  }

  @Test func inTheLineForABufferItLeavesTheOthersInOrder() throws {
    takeAllBuffers(fixture)
    var receives: [Recorded] = []
    for number: Int32 in 1...3 {
      fixture.kernel.refuse(.receive, .noBufferSpace)
      receives.append(
        try fixture.start(.receive(.file(FileDescriptor(rawValue: number)), bufferGroup: 0)))
    }
    fixture.turn()
    fixture.end(receives[1])
    fixture.turn()
    #expect(receives[1].end?.error == .canceled)
    for index: UInt16 in 0...1 { fixture.endLease(index) }
    fixture.turn()
    let again = fixture.kernel.submissions(of: .receive).suffix(2).map(\.request.descriptor)
    #expect(again.map(\.rawValue) == [1, 3])
  }

  @Test func inTheLineForADescriptorItEndsAtOnce() throws {
    fixture.kernel.refuse(.accept, .tooManyOpenFiles)
    let accept = try fixture.start(.acceptMany())
    fixture.turn()
    fixture.end(accept)
    fixture.turn()
    #expect(accept.end?.error == .canceled)
    fixture.loop.close(.file(FileDescriptor(rawValue: 9)))
    fixture.settle()
    #expect(fixture.kernel.submissions(of: .accept).count == 1)
  }

  @Test func betweenTwoPartsOfASendItTellsWhatWentOut() throws {
    fixture.kernel.reply(to: .send, 40)
    let send = try fixture.start(.made(.send, byteCount: 100))
    fixture.turn()
    fixture.end(send)
    fixture.settle()
    #expect(send.end?.error == .canceled)
    #expect(send.end?.byteCount == 40)
    #expect(fixture.kernel.submissions(of: .send).count == 1)
  }

  @Test func ofAnEarlierUseOfThePlaceItIsIgnored() throws {
    let first = try fixture.start(.made(.receive, byteCount: 1))
    fixture.turn()
    try fixture.kernel.complete(.receive, 1)
    fixture.turn()
    let second = try fixture.start(.made(.receive, byteCount: 1))
    #expect(second.token?.slot == first.token?.slot)
    fixture.end(first)
    fixture.settle()
    #expect(second.outcomes.isEmpty)
    #expect(fixture.kernel.submissions(of: .cancel).isEmpty)
  }

  @Test func ofATimerItEndsAtOnce() throws {
    let timer = LoopTimer(on: fixture.loop) { Issue.record("it was cancelled") }
    timer.start(.seconds(5))
    fixture.turnWithoutWaiting()
    #expect(fixture.loop.core.timers.count == 1)
    timer.cancel()
    #expect(fixture.loop.core.timers.count == 0)
    #expect(fixture.loop.core.waits.count == 0)
    fixture.run(for: .seconds(6))
  }

  @Test(arguments: [Errno.noSuchFileOrDirectory, .alreadyInProcess])
  func thatMissesIsSentAgainAfterAPause(_ error: Errno) throws {
    let receive = try fixture.start(.made(.receive, byteCount: 1))
    fixture.turn()
    fixture.kernel.refuse(.cancel, error, error)
    fixture.end(receive)
    fixture.turn()
    let first = fixture.kernel.now
    fixture.run(for: .milliseconds(10))
    #expect(receive.end?.error == .canceled)
    let cancels = fixture.kernel.submissions(of: .cancel)
    #expect(cancels.count == 3)
    #expect(cancels.last.map { $0.time - first >= 1_900_000 } ?? false)
    #expect(fixture.loop.statistics.repeatedCancels == 2)
    #expect(fixture.loop.statistics.controlFailures == 0)
  }

  @Test func thatMissesForEverDoesNotSpin() throws {
    let receive = try fixture.start(.made(.receive, byteCount: 1))
    fixture.turn()
    fixture.kernel.observer = { _, submission in
      submission.request.operation == .cancel
        ? ScriptedKernel.Reply(result: -Errno.alreadyInProcess.rawValue) : nil
    }
    fixture.end(receive)
    let enters = fixture.kernel.enterCount
    fixture.run(for: .milliseconds(100))
    #expect(fixture.kernel.submissions(of: .cancel).count <= 102)
    #expect(fixture.kernel.enterCount - enters <= 310)
    #expect(receive.outcomes.isEmpty)
  }

  @Test func thatMissesWhatHasEndedMeanwhileIsNotSentAgain() throws {
    let receive = try fixture.start(.made(.receive, byteCount: 1))
    fixture.turn()
    fixture.kernel.refuse(.cancel, .alreadyInProcess)
    fixture.end(receive)
    fixture.turn()
    try fixture.kernel.complete(.receive, 1)
    fixture.run(for: .milliseconds(10))
    #expect(receive.end?.result == 1)
    #expect(fixture.kernel.submissions(of: .cancel).count == 1)
    #expect(fixture.loop.core.timers.count == 0)
  }

  @Test func thatMissesARequestThatIsTriedAgainEndsIt() throws {
    let receive = try fixture.start(
      .made(.receive, options: .doNotWait, byteCount: 1), policy: .retry(limit: 8))
    fixture.turn()
    fixture.kernel.refuse(.cancel, .alreadyInProcess)
    fixture.end(receive)
    fixture.turn()
    try fixture.kernel.fail(.receive, .interrupted)
    fixture.run(for: .milliseconds(10))
    #expect(receive.hasEnded)
    #expect(fixture.kernel.submissions(of: .cancel).count == 1)
  }

  @Test func ofAPollForWritabilityItEndsTheConnect() throws {
    fixture.kernel.refuse(.connect, .nowInProgress)
    let connect = try fixture.start(.connectToInternet())
    fixture.turn(2)
    #expect(fixture.kernel.pending.map(\.request.operation) == [.poll])
    fixture.end(connect)
    fixture.settle()
    #expect(connect.end?.error == .canceled)
    #expect(fixture.kernel.errorReads == 0)
  }
}

/// Leases every buffer, so that the pool is empty.
func takeAllBuffers(_ fixture: LoopFixture) {
  fixture.turn()
  fixture.kernel.loseBuffers()
  for index in 0..<fixture.loop.pool.capacity {
    fixture.lease(UInt16(index))
  }
}
