// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing

@testable import CompletionIO
@testable import Uring

/// ENOBUFS waits for returned buffers in one line; it neither spins nor uses a guessed timer.
@Suite struct BufferScarcityTests {
  private let fixture: LoopFixture

  init() throws { fixture = try LoopFixture() }

  private func startReceives(_ fixture: LoopFixture, _ count: Int32) throws -> [Recorded] {
    takeAllBuffers(fixture)
    fixture.kernel.refuse(.receive, Array(repeating: .noBufferSpace, count: Int(count)))
    let receives = try (1...count).map { try fixture.start(.receiveMany(on: $0)) }
    fixture.settle()
    return receives
  }

  private func rearmed(_ fixture: LoopFixture, after count: Int) -> [Int32] {
    fixture.kernel.submissions(of: .receive).dropFirst(count).map(\.request.descriptor.rawValue)
  }

  @Test func anEmptyPoolIsWaitedForWithoutSpinning() throws {
    let receives = try startReceives(fixture, 3)
    let enters = fixture.kernel.enterCount
    fixture.run(for: .seconds(60))
    #expect(fixture.kernel.enterCount - enters <= 2)
    #expect(fixture.kernel.submissions(of: .receive).count == 3)
    #expect(receives.allSatisfy { $0.outcomes.isEmpty })
    #expect(fixture.count(of: .awaitBuffer) == 3)
    #expect(fixture.kernel.waits.allSatisfy { $0 == nil })
  }

  @Test func oneBufferWakesTheFirstInLine() throws {
    _ = try startReceives(fixture, 5)
    fixture.endLease(2)
    fixture.turn()
    #expect(rearmed(fixture, after: 5) == [1])
    #expect(fixture.kernel.buffers == [2])
  }

  @Test func twoBuffersWakeTwo() throws {
    _ = try startReceives(fixture, 5)
    fixture.endLease(1)
    fixture.endLease(3)
    fixture.turn()
    #expect(rearmed(fixture, after: 5) == [1, 2])
  }

  /// Those who were woken may have nothing to receive; the others must not wait for them.
  @Test func asLongAsABufferIsThereTheNextInLineIsWoken() throws {
    _ = try startReceives(fixture, 5)
    fixture.endLease(0)
    fixture.settle()
    #expect(rearmed(fixture, after: 5) == [1, 2, 3, 4, 5])
    #expect(fixture.kernel.pendingCount(of: .receive) == 5)
  }

  @Test func whoFindsTheBufferGoneStandsInLineAgain() throws {
    let receives = try startReceives(fixture, 3)
    // Somebody else takes the buffer before the first that is woken, and gives it back later.
    fixture.kernel.observer = { kernel, submission in
      guard submission.request.operation == .receive else { return nil }
      kernel.loseBuffers()
      fixture.lease(0)
      return ScriptedKernel.Reply(result: -Errno.noBufferSpace.rawValue)
    }
    fixture.endLease(0)
    fixture.settle()
    fixture.kernel.observer = nil
    fixture.endLease(0)
    fixture.settle()
    #expect(rearmed(fixture, after: 3) == [1, 2, 3, 1])
    #expect(receives.allSatisfy { $0.outcomes.isEmpty })
    #expect(fixture.count(of: .awaitBuffer) == 4)
    #expect(fixture.kernel.pendingCount(of: .receive) == 3)
  }

  /// A handler that keeps what it was given must not stop the other operations of its loop.
  @Test func aLeaseThatIsKeptWhileThePoolIsShortHasMemoryOfItsOwn() throws {
    let receives = try startReceives(fixture, 3)
    for receive in receives { receive.heldLeases.mayHold = true }
    // Bytes wait for each of them: the first woken takes the buffer.
    fixture.kernel.observer = { kernel, submission in
      guard submission.request.operation == .receive else { return nil }
      return kernel.buffers.isEmpty
        ? ScriptedKernel.Reply(result: -Errno.noBufferSpace.rawValue)
        : ScriptedKernel.Reply(result: 5, hasMore: true, takesBuffer: true)
    }
    fixture.endLease(0)
    fixture.settle()
    #expect(receives.map(\.results) == [[5], [5], [5]])
    #expect(receives.map(\.heldLeases.count) == [1, 1, 1])
    #expect(fixture.loop.pool.availableCount == 1)
  }

  /// The loop is about to wait when the handler of an operation that ended without the kernel
  /// returns a buffer.
  @Test func aBufferReturnedJustBeforeTheWaitIsNotForgotten() throws {
    _ = try startReceives(fixture, 1)
    let other = try fixture.start(.made(.receive, byteCount: 1))
    other.then = { _ in fixture.endLease(0) }
    fixture.end(other)
    fixture.settle()
    #expect(rearmed(fixture, after: 1) == [1])
    #expect(fixture.kernel.buffers == [0])
  }

  @Test func waitingForABufferIsNoAttempt() throws {
    let receives = try startReceives(fixture, 1)
    // Each time another receive has taken the buffer before.
    fixture.kernel.observer = { kernel, submission in
      guard submission.request.operation == .receive else { return nil }
      kernel.loseBuffers()
      fixture.lease(0)
      return ScriptedKernel.Reply(result: -Errno.noBufferSpace.rawValue)
    }
    for _ in 0..<50 {
      fixture.endLease(0)
      fixture.settle()
    }
    #expect(fixture.count(of: .awaitBuffer) == 51)
    fixture.kernel.observer = nil
    fixture.endLease(0)
    fixture.settle()
    try fixture.kernel.complete(.receive, 3, hasMore: true, takesBuffer: true)
    fixture.turn()
    #expect(receives[0].results == [3])
    #expect(receives[0].outcomes[0].attempts == 1)
  }

  @Test func aGroupThatTheLoopDoesNotHaveIsAnError() throws {
    fixture.kernel.refuse(.receive, [.noBufferSpace, .noBufferSpace])
    let socket = Descriptor(rawValue: 3, isDirect: false)
    let receives = [
      try fixture.start(.receiveMultishot(socket, bufferGroup: 1)),
      try fixture.start(.receive(socket, bufferGroup: 1)),
    ]
    fixture.settle()
    #expect(receives.map { $0.end?.error } == [.noBufferSpace, .noBufferSpace])
    #expect(fixture.kernel.submissions.count == 2)
  }

  /// It goes on for as long as it takes, and does not spin.
  @Test func noBufferAlthoughThereAreSomeIsPausedFor() throws {
    fixture.kernel.observer = { _, submission in
      submission.request.operation == .receive
        ? ScriptedKernel.Reply(result: -Errno.noBufferSpace.rawValue) : nil
    }
    let receive = try fixture.start(.receiveMany())
    fixture.run(for: .seconds(1))
    #expect(fixture.kernel.submissions.count < 80)
    #expect(fixture.kernel.enterCount < 200)
    #expect(receive.outcomes.isEmpty)
    fixture.kernel.observer = nil
    fixture.run(for: .milliseconds(17))
    #expect(fixture.kernel.pendingCount(of: .receive) == 1)
  }

  @Test func aDeadlineEndsTheWaitInLine() throws {
    takeAllBuffers(fixture)
    fixture.kernel.refuse(.receive, .noBufferSpace)
    let receive = try fixture.start(.receiveMany(), timeout: .milliseconds(20))
    fixture.run(for: .milliseconds(19))
    #expect(receive.outcomes.isEmpty)
    fixture.run(for: .milliseconds(2))
    #expect(receive.end?.error == .timedOut)
    fixture.endLease(0)
    fixture.settle()
    #expect(fixture.kernel.submissions(of: .receive).count == 1)
  }
}

extension ScriptedKernel {
  func refuse(_ operation: Uring.Operation, _ errors: [Errno]) {
    for error in errors { refuse(operation, error) }
  }
}
