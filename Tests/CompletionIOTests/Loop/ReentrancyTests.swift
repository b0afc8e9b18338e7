import SystemPackage
import Testing

@testable import CompletionIO
@testable import Uring

/// User code runs outside reaping, and may start and cancel what it likes.
@Suite struct ReentrancyTests {
  @Test func aHandlerStartsTheNextOperation() throws {
    let fixture = try LoopFixture()
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
    let fixture = try LoopFixture()
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
    let fixture = try LoopFixture()
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
    let fixture = try LoopFixture()
    var depth = 0
    var calls = 0
    let timer = try fixture.start(.timer)
    let handler = OperationHandler { _, _ in
      #expect(depth == 0)
      depth += 1
      calls += 1
      fixture.end(timer)
      depth -= 1
    }
    timer.then = { _ in #expect(depth == 0) }
    _ = unsafe try fixture.loop.submit(.made(.receive, byteCount: 1), handler: handler)
    fixture.kernel.reply(to: .receive, 1)
    fixture.settle()
    #expect(calls == 1 && timer.end != nil)
  }

  /// Ends without the kernel are many only if handlers make them; completions come in between.
  @Test func handlersThatKeepCancellingDoNotStarveCompletions() throws {
    let fixture = try LoopFixture()
    var count = 0
    func again() {
      guard count < 50 else { return }
      count += 1
      let handler = OperationHandler { _, _ in again() }
      guard let token = unsafe try? fixture.loop.submit(.timer, handler: handler) else { return }
      fixture.loop.end(token)
    }
    again()
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
    let fixture = try LoopFixture()
    var timer: Recorded?
    let idle = try fixture.start(.made(.receive, byteCount: 1))
    let first = try fixture.start(.timer, timeout: .seconds(60))
    fixture.turnWithoutWaiting()
    first.then = { _ in timer = try? fixture.start(.timer, timeout: .milliseconds(5)) }
    fixture.end(first)
    fixture.run(for: .milliseconds(10))
    #expect(timer?.end?.result == 0)
    #expect(idle.outcomes.isEmpty)
    #expect(fixture.kernel.endlessWaits == 0)
  }
}
