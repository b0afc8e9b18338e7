// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing

@testable import CompletionIO
@testable import Uring

/// Everything has a limit, and full is a value.
@Suite struct LimitTests {
  private let fixture: LoopFixture

  init() throws { fixture = try LoopFixture() }

  @Test func aFullSubmissionQueueLosesNothingAndKeepsTheOrder() throws {
    fixture.kernel.submissionLimit = 3
    var all: [Recorded] = []
    for number: Int32 in 0..<20 {
      all.append(try fixture.start(.made(.receive, on: number, byteCount: 100)))
    }
    fixture.settle()
    #expect(fixture.kernel.submissions.map(\.request.descriptor.rawValue) == Array(0..<20))
    #expect(fixture.loop.statistics.submissionQueueFull == 6)
    for number: Int32 in 0..<20 { try fixture.kernel.complete(.receive, number + 1) }
    fixture.settle()
    #expect(all.map(\.results) == (1...20).map { [$0] })
  }

  @Test func cancelsGoBeforeWhatWaitsForAPlace() throws {
    let running = try (0..<4).map { try fixture.start(.made(.receive, on: $0, byteCount: 1)) }
    fixture.turn()
    fixture.kernel.submissionLimit = 2
    for number: Int32 in 10..<20 {
      _ = try fixture.start(.made(.receive, on: number, byteCount: 1))
    }
    for receive in running { fixture.end(receive) }
    fixture.turn(2)
    let next = fixture.kernel.submissions.dropFirst(4).prefix(4).map(\.request.operation)
    #expect(next == [.cancel, .cancel, .cancel, .cancel])
    fixture.settle()
    #expect(running.map(\.end?.error) == Array(repeating: .canceled, count: 4))
    #expect(fixture.loop.operationCount == 10)
  }

  @Test func manyCancelsOnATinyQueueAllArrive() throws {
    fixture.kernel.submissionLimit = 1
    let all = try (0..<100).map { try fixture.start(.made(.receive, on: $0, byteCount: 1)) }
    fixture.settle()
    for receive in all { fixture.end(receive) }
    fixture.settle()
    #expect(all.allSatisfy { $0.end?.error == .canceled })
    #expect(fixture.loop.operationCount == 0)
  }

  @Test func aFullTableRefusesAndCounts() throws {
    let fixture = try LoopFixture { $0.flightLimit = 2 }
    let first = try fixture.start(.made(.receive, byteCount: 1))
    _ = try fixture.start(.made(.receive, byteCount: 1))
    let handler = OperationHandler { _, _ in Issue.record("it never started") }
    let error = #expect(throws: LoopError.self) {
      _ = unsafe try fixture.loop.submit(.made(.receive, byteCount: 1), handler: handler)
    }
    #expect(error?.errno == .noBufferSpace && error?.reason == .tableFull)
    #expect(fixture.loop.statistics.flightTableFull == 1)
    fixture.end(first)
    fixture.settle()
    _ = try fixture.start(.made(.receive, byteCount: 1))
  }

  /// An enter that takes a part has not waited; the rest is taken by the next.
  @Test func whatAnEnterLeavesTheNextOneTakes() throws {
    fixture.kernel.takeLimit = 2
    let all = try (0..<7).map { try fixture.start(.made(.receive, on: $0, byteCount: 1)) }
    fixture.turn(4)
    #expect(fixture.kernel.submissions.count == 7)
    for _ in all { try fixture.kernel.complete(.receive, 1) }
    fixture.turn()
    #expect(all.allSatisfy { $0.results == [1] })
  }

  /// 65,536 attempts are an hour or two without a free descriptor.
  @Test func attemptsDoNotOverflow() throws {
    let receive = try fixture.start(
      .made(.receive, byteCount: 1), policy: .retry(limit: 70_000))
    fixture.kernel.observer = { kernel, _ in
      kernel.submissions.count < 69_999
        ? ScriptedKernel.Reply(result: -Errno.resourceTemporarilyUnavailable.rawValue)
        : ScriptedKernel.Reply(result: 1)
    }
    fixture.settle(turnLimit: 80_000)
    #expect(receive.end?.result == 1)
    #expect(receive.end?.attempts == 69_999)
  }

  /// The direction of a shutdown is the caller's, and the kernel's to refuse.
  @Test func aShutdownOfNoDirectionReachesTheKernel() throws {
    let shutdown = try fixture.start(.made(.shutdown, byteCount: Int(UInt32.max)))
    fixture.settle()
    #expect(fixture.kernel.shutdowns.count == 1 && shutdown.hasEnded)
  }
}
