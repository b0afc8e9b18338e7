// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import TestSupport
import Testing

@testable import CompletionIO
@testable import Uring

/// User code runs outside reaping, and may start and cancel what it likes.
@Suite struct ReentrancyTests {
  private let fixture: LoopFixture

  init() throws { fixture = try LoopFixture() }

  @Test func aHandlerStartsTheNextOperation() throws {
    var ends: [Int32] = []
    func next(_ count: Int32) {
      guard count < 5 else { return }
      let handler = OperationHandler { outcome, _ in
        ends.append(outcome.result)
        next(count + 1)
      }
      let token = unsafe try? fixture.loop.submit(
        .made(.receive, byteCount: 10), handler: handler)
      #expect(token != nil)
    }
    fixture.kernel.reply(to: .receive, 1, 2, 3, 4, 5)
    next(0)
    fixture.settle()
    #expect(ends == [1, 2, 3, 4, 5])
  }

  @Test func aHandlerCancelsAnOperationOfTheSameBatch() throws {
    let first = try fixture.start(.made(.receive, on: 1, byteCount: 10))
    let second = try fixture.start(.made(.receive, on: 2, byteCount: 10))
    fixture.turn()
    first.then = { _ in fixture.end(second) }
    try fixture.kernel.complete(.receive, 1)
    try fixture.kernel.complete(.receive, 2)
    fixture.settle()
    #expect(first.results == [1])
    #expect(second.results == [2])
  }

  @Test func aHandlerCancelsItsOwnMultishotOperation() throws {
    let accept = try fixture.start(.acceptMany())
    accept.then = { outcome in if outcome.hasMore { fixture.end(accept) } }
    fixture.turn()
    try fixture.kernel.complete(.accept, 20, hasMore: true)
    try fixture.kernel.complete(.accept, 21, hasMore: true)
    fixture.settle()
    #expect(accept.results == [20, 21, -Errno.canceled.rawValue])
    #expect(fixture.loop.operationCount == 0)
  }

  /// What a handler does must not be heard of before it has returned.
  @Test func aHandlerIsNeverCalledInsideAnother() throws {
    var depth = 0
    var calls = 0
    fixture.kernel.refuse(.send, .noMemory)
    let pausing = try fixture.start(.made(.send, byteCount: 1))
    fixture.turnWithoutWaiting()
    let handler = OperationHandler { _, _ in
      #expect(depth == 0)
      depth += 1
      calls += 1
      fixture.end(pausing)
      depth -= 1
    }
    pausing.then = { _ in #expect(depth == 0) }
    _ = unsafe try fixture.loop.submit(.made(.receive, byteCount: 1), handler: handler)
    fixture.kernel.reply(to: .receive, 1)
    fixture.settle()
    #expect(calls == 1 && pausing.end != nil)
  }

  /// Ends without the kernel are many only if handlers make them; completions come in between.
  @Test func handlersThatKeepCancellingDoNotStarveCompletions() throws {
    fixture.kernel.refuse(.send, Array(repeating: .noMemory, count: 50))
    let pausing = try (0..<50).map { _ in try fixture.start(.made(.send, byteCount: 1)) }
    fixture.turnWithoutWaiting()
    var count = 0
    for (index, send) in pausing.enumerated() {
      send.then = { _ in
        count += 1
        if index < 49 { fixture.end(pausing[index + 1]) }
      }
    }
    fixture.end(pausing[0])
    fixture.kernel.reply(to: .receive, 1)
    let receive = try fixture.start(.made(.receive, byteCount: 1))
    fixture.turn(2)
    #expect(receive.results == [1])
    #expect(count < 10)
    fixture.settle()
    #expect(count == 50)
  }

  /// Started between submitting and waiting, its time must bound that very wait.
  @Test func aTimerStartedByAHandlerIsNotForgotten() throws {
    let ends = Tally()
    let timer = LoopTimer(on: fixture.loop) { ends.add() }
    let idle = try fixture.start(.made(.receive, byteCount: 1))
    fixture.kernel.refuse(.send, .noMemory)
    let first = try fixture.start(.made(.send, byteCount: 1))
    fixture.turnWithoutWaiting()
    first.then = { _ in timer.start(.milliseconds(5)) }
    fixture.end(first)
    fixture.run(for: .milliseconds(10))
    #expect(ends.value == 1)
    #expect(idle.outcomes.isEmpty)
    #expect(fixture.kernel.endlessWaits == 0)
  }
}
