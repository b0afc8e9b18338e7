// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing

@testable import CompletionIO
@testable import Uring

/// What each verdict comes to on a kernel.
@Suite struct ResubmissionTests {
  private let fixture: LoopFixture

  init() throws { fixture = try LoopFixture() }

  @Test func theRestOfASendIsSubmittedExactlyAndInOrder() throws {
    fixture.kernel.reply(to: .send, 1, 999, 2000, 7000)
    let send = try fixture.start(
      .made(.send, options: .waitForAll, byteCount: 10_000, address: 0x50_000))
    fixture.settle()
    let requests = fixture.kernel.submissions.map(\.request)
    #expect(requests.map(\.operand) == [0, 1, 1000, 3000].map { 0x50_000 + $0 })
    #expect(requests.map(\.count) == [10_000, 9999, 9000, 7000])
    #expect(requests.allSatisfy { $0.options == .waitForAll })
    #expect(send.end?.result == 10_000)
    #expect(send.end?.byteCount == 10_000)
    #expect(fixture.count(of: .sendRest) == 3)
  }

  @Test func aWouldBlockBetweenPartsLosesNothing() throws {
    fixture.kernel.reply(to: .send, 40, -Errno.resourceTemporarilyUnavailable.rawValue, 60)
    let send = try fixture.start(.made(.send, byteCount: 100, address: 0x1000))
    fixture.settle()
    let requests = fixture.kernel.submissions.map(\.request)
    #expect(requests.map(\.operand) == [0x1000, 0x1028, 0x1028])
    #expect(requests.map(\.options) == [[], [], .pollFirst])
    #expect(send.end?.byteCount == 100)
  }

  @Test func completionHasTheKernelWaitAndGivesUpAfterSixteen() throws {
    fixture.kernel.observer = { _, _ in
      ScriptedKernel.Reply(result: -Errno.resourceTemporarilyUnavailable.rawValue)
    }
    let receive = try fixture.start(.made(.receive, byteCount: 10))
    fixture.settle()
    #expect(receive.end?.error == .resourceTemporarilyUnavailable)
    #expect(receive.end?.attempts == 16)
    let options = fixture.kernel.submissions.map(\.request.options)
    #expect(options == [[]] + Array(repeating: .pollFirst, count: 15))
  }

  @Test func nonblockingAsksOnceAndTells() throws {
    fixture.kernel.refuse(.receive, .resourceTemporarilyUnavailable)
    let receive = try fixture.start(.made(.receive, byteCount: 10), policy: .nonblocking)
    fixture.settle()
    #expect(receive.end?.error == .resourceTemporarilyUnavailable)
    #expect(fixture.kernel.submissions.map(\.request.options) == [.doNotWait])
  }

  @Test func nonblockingTellsOfAPartialSend() throws {
    fixture.kernel.reply(to: .send, 60)
    let send = try fixture.start(.made(.send, byteCount: 100), policy: .nonblocking)
    fixture.settle()
    #expect(send.end?.result == 60 && send.end?.byteCount == 60)
  }

  @Test func retryTriesAtOnce() throws {
    fixture.kernel.observer = { _, _ in
      ScriptedKernel.Reply(result: -Errno.resourceTemporarilyUnavailable.rawValue)
    }
    let start = fixture.kernel.now
    let receive = try fixture.start(.made(.receive, byteCount: 10), policy: .retry(limit: 4))
    fixture.settle()
    #expect(receive.end?.attempts == 5)
    #expect(fixture.kernel.submissions.count == 5)
    #expect(fixture.kernel.now - start < 10_000)
  }

  @Test func backoffDoublesOnTheClock() throws {
    fixture.kernel.refuse(
      .receive, Array(repeating: .resourceTemporarilyUnavailable, count: 6))
    fixture.kernel.script[.receive]?.append(ScriptedKernel.Reply(result: 3))
    let receive = try fixture.start(
      .made(.receive, byteCount: 10),
      policy: .backoff(initial: .milliseconds(2), limit: .milliseconds(20)))
    fixture.run(for: .seconds(1))
    #expect(receive.end?.result == 3)
    let times = fixture.kernel.submissions.map(\.time)
    let pauses = zip(times.dropFirst(), times).map { ($0 - $1) / 1_000_000 }
    #expect(pauses == [2, 4, 8, 16, 20, 20])
    #expect(fixture.count(of: .backOff) == 6)
    #expect(fixture.kernel.enterCount < 20)
  }

  @Test func whatIsRefusedIsDroppedOnceAndTheOperationGoesOn() throws {
    fixture.kernel.refuse(.receive, .invalidArgument)
    let receive = try fixture.start(.receiveMany())
    fixture.turn(2)
    #expect(
      fixture.kernel.submissions.map(\.request.options) == [
        [.multishot, .selectBuffer], .selectBuffer,
      ])
    try fixture.kernel.complete(.receive, 9, takesBuffer: true)
    fixture.turn()
    #expect(receive.results == [9] && receive.hasEnded)
  }

  @Test func zeroCopyFallsBackToACopy() throws {
    fixture.kernel.refuse(.sendZeroCopy, .noMemory)
    fixture.kernel.reply(to: .send, 5)
    let send = try fixture.start(.made(.sendZeroCopy, byteCount: 5, address: 0x9000))
    fixture.settle()
    #expect(send.end?.result == 5)
    #expect(fixture.kernel.submissions.map(\.request.operation) == [.sendZeroCopy, .send])
    #expect(fixture.kernel.submissions.allSatisfy { $0.request.operand == 0x9000 })
  }

  @Test func shutdownIsASystemCall() throws {
    let shutdown = try fixture.start(.made(.shutdown, on: 12, byteCount: 1))
    fixture.settle()
    #expect(shutdown.end?.result == 0)
    #expect(fixture.kernel.shutdowns.map(\.rawValue) == [12])
    #expect(fixture.loop.statistics.otherSystemCalls == 1)
  }

  /// The loop's shortcut for nearly all answers must say what the policy would.
  @Test func theShortcutAgreesWithThePolicy() throws {
    let others: [PolicyTable.Column] = [.sendZeroCopy, .connect, .connectUnix]
    for column in PolicyTable.Column.allCases where !others.contains(column) {
      for (result, hasMore) in [(100, false), (100, true), (5, true), (0, true), (7, false)] {
        var answer = column.answer(Int32(result))
        if hasMore { answer.facts.insert(.hasMore) }
        answer.facts.remove(.datagram)  // Who submits a request does not tell.
        let verdict = ResubmissionPolicy.completion.verdict(for: answer)
        let fixture = try LoopFixture()
        _ = try fixture.start(
          .made(column.operation, options: column.options, byteCount: 100))
        fixture.turn()
        try fixture.kernel.complete(column.operation, Int32(result), hasMore: hasMore)
        fixture.turn()
        #expect(fixture.count(of: verdict.kind) == 1, "\(column), \(result), \(hasMore)")
        #expect(Verdict.Kind.allCases.reduce(0) { $0 + fixture.count(of: $1) } == 1)
      }
    }
  }

  @Test func everyVerdictIsCounted() throws {
    fixture.kernel.refuse(.receive, .interrupted, .resourceTemporarilyUnavailable, .noMemory)
    fixture.kernel.script[.receive]?.append(ScriptedKernel.Reply(result: 1))
    fixture.kernel.reply(to: .send, 1, 1)
    _ = try fixture.start(.made(.receive, byteCount: 4))
    _ = try fixture.start(.made(.send, byteCount: 2))
    fixture.run(for: .milliseconds(20))
    #expect(fixture.count(of: .resubmit) == 1)
    #expect(fixture.count(of: .pollFirst) == 1)
    #expect(fixture.count(of: .backOff) == 1)
    #expect(fixture.count(of: .sendRest) == 1)
    #expect(fixture.count(of: .surface) == 2)
    #expect(fixture.loop.statistics.submissions == 6)
  }
}
