// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import Synchronization
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// Delegates of raw operations: answers, turns, timers, and the loop's end.
@Suite("Operation delegates", .timeLimit(.minutes(1)))
struct OperationDelegateTests {
  /// Notes what it is told.
  private final class Log: OperationDelegate, @unchecked Sendable {
    private let entries = Mutex<[String]>([])
    private let asksAgain: Int
    private var turns: [UInt64] = []
    var events: [String] { entries.withLock { $0 } }

    init(on loop: CompletionLoop, asksAgain: Int = 0) {
      self.asksAgain = asksAgain
      super.init(on: loop)
    }

    func note(_ event: String) { entries.withLock { $0.append(event) } }

    override func completed(_ outcome: Outcome, lease: consuming BufferLease?) {
      let operation = outcome.token.operation.map { "\($0)" } ?? "none"
      note("\(operation) \(outcome.result) \(outcome.context)")
    }

    override func beforeSubmit() {
      turns.append(loop.turnCount)
      if turns.count <= asksAgain { try? enlist() }
      note("turn")
    }

    /// Whether no turn of the loop had two of its own.
    var tookOneATurn: Bool { Set(turns).count == turns.count }

    override func timerEnded(context: UInt, isDue: Bool) {
      note("timer \(context) \(isDue ? "due" : "stopped")")
    }

    override func stop() { note("stop") }
  }

  private func wait(for count: Int, of log: Log) async throws {
    while log.events.count < count { await log.loop.passTurn() }
  }

  @Test func answersComeToTheDelegate() async throws {
    try await withLoops { group in
      let log = Log(on: group.loops[0])
      await group.loops[0].ask {
        do throws(LoopError) {
          _ = unsafe try log.loop.submit(.nop, context: 7, delegate: log)
        } catch {
          Issue.record("\(error)")
        }
      }
      try await wait(for: 1, of: log)
      #expect(log.events == ["nop 0 7"])
    }
  }

  @Test func aDelegateThatAsksAgainHasOneTurnInEach() async throws {
    try await withLoops { group in
      let log = Log(on: group.loops[0], asksAgain: 5)
      await group.loops[0].ask {
        // A second call before the turn does nothing.
        try? log.enlist()
        try? log.enlist()
      }
      try await wait(for: 6, of: log)
      #expect(log.events == Array(repeating: "turn", count: 6))
      #expect(log.tookOneATurn)
    }
  }

  @Test func timersEndInOrderUnlessCancelled() async throws {
    try await withLoops { group in
      let log = Log(on: group.loops[0])
      let context = await group.loops[0].ask { () -> UInt? in
        let now = log.loop.now
        _ = try? log.startTimer(at: now + .milliseconds(20), context: 2)
        _ = try? log.startTimer(at: now, context: 1)
        guard let third = try? log.startTimer(at: now + .milliseconds(10), context: 3) else {
          return nil
        }
        return try? log.cancelTimer(third)
      }
      #expect(context == 3)
      try await wait(for: 2, of: log)
      #expect(log.events == ["timer 1 due", "timer 2 due"])
    }
  }

  @Test func theEndOfTheLoopEndsTimersAndIsTold() async throws {
    let group = try CompletionLoopGroup(count: 1)
    let log = Log(on: group.loops[0])
    await group.loops[0].ask {
      try? log.join()
      _ = try? log.startTimer(at: log.loop.now + .seconds(1000), context: 4)
    }
    await group.close()
    #expect(log.events == ["stop", "timer 4 stopped"])
  }

  @Test func theLoopKeepsADelegateThatHasSomethingToHear() async throws {
    try await withLoops { group in
      weak let forgotten = await group.loops[0].ask { () -> Log in
        let log = Log(on: group.loops[0])
        _ = try? log.startTimer(at: log.loop.now + .seconds(1000))
        return log
      }
      #expect(forgotten != nil)
    }
  }

  @Test func callsFromOtherThreadsAreRefused() async throws {
    try await withLoops { group in
      let log = Log(on: group.loops[0])
      let wrong = LoopError(.wrongThread)
      #expect(throws: wrong) { try log.enlist() }
      #expect(throws: wrong) { try log.join() }
      #expect(throws: wrong) { try log.leave() }
      #expect(throws: wrong) { try log.startTimer(at: log.loop.now) }
      #expect(throws: wrong) { _ = try unsafe log.loop.submit(.nop, delegate: log) }
    }
  }

  @Test func callsAfterTheEndAreRefused() async throws {
    let group = try CompletionLoopGroup(count: 1)
    let log = Log(on: group.loops[0])
    await group.close()
    // Whoever runs leftovers is on the loop's thread.
    let errors = await withCheckedContinuation { continuation in
      log.loop.perform {
        var errors: [LoopError] = []
        do throws(LoopError) { try log.enlist() } catch { errors.append(error) }
        do throws(LoopError) { try log.join() } catch { errors.append(error) }
        do throws(LoopError) { _ = try log.startTimer(at: log.loop.now) } catch {
          errors.append(error)
        }
        continuation.resume(returning: errors)
      }
    }
    #expect(errors == Array(repeating: LoopError(.stopped), count: 3))
  }
}
