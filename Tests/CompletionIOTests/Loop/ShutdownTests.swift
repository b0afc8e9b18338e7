// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing

@testable import CompletionIO
@testable import Uring

/// A loop that stops ends every operation, and itself when nothing is on its way any more.
@Suite struct ShutdownTests {
  private let fixture: LoopFixture

  init() throws { fixture = try LoopFixture() }

  @Test func everyOperationEndsWhereverItIs() throws {
    takeAllBuffers(fixture)
    fixture.kernel.refuse(.receive, .noBufferSpace)
    fixture.kernel.refuse(.accept, .tooManyOpenFiles)
    fixture.kernel.refuse(.send, .noMemory)
    fixture.kernel.refuse(.connect, .nowInProgress)
    var all = [
      try fixture.start(.receiveMany()), try fixture.start(.acceptMany()),
      try fixture.start(.made(.send, byteCount: 9)),
      try fixture.start(.connectToInternet()),
    ]
    let timer = LoopTimer(on: fixture.loop) { Issue.record("its time has not come") }
    timer.start(.seconds(99))
    for _ in 0..<2 { fixture.turnWithoutWaiting() }
    all.append(try fixture.start(.made(.receive, byteCount: 1)))
    fixture.turnWithoutWaiting()
    all.append(try fixture.start(.made(.receive, byteCount: 1)))
    let waits = fixture.kernel.endlessWaits
    fixture.stop()
    for recorded in all { #expect(recorded.end?.error == .canceled) }
    #expect(fixture.loop.operationCount == 0)
    #expect(fixture.loop.core.waits.count == 0 && fixture.loop.core.timers.count == 0)
    #expect(fixture.kernel.pending.isEmpty)
    #expect(fixture.kernel.endlessWaits == waits)
  }

  @Test func nothingStartsOnceItStops() throws {
    fixture.loop.stop()
    let handler = OperationHandler { _, _ in }
    let error = #expect(throws: LoopError.self) {
      _ = unsafe try fixture.loop.submit(.made(.receive, byteCount: 1), handler: handler)
    }
    #expect(error?.reason == .stopped)
    fixture.stop()
  }

  /// What is begun while the loop stops must end too, or the loop never would.
  @Test func whatBeginsMeanwhileEndsMeanwhile() throws {
    let receive = try fixture.start(.made(.receive, byteCount: 1))
    let late = Recorded()
    receive.then = { _ in
      late.token = fixture.loop.begin(
        .made(.receive, byteCount: 1), policy: .completion, owner: late.handler)
    }
    fixture.turn()
    fixture.stop()
    #expect(receive.end?.error == .canceled)
    #expect(late.end?.error == .canceled)
  }

  @Test func closesAreSubmittedBeforeTheEnd() throws {
    fixture.kernel.submissionLimit = 2
    let receive = try fixture.start(.made(.receive, byteCount: 1))
    receive.then = { _ in
      for number: Int32 in 50..<60 {
        fixture.loop.close(.file(FileDescriptor(rawValue: number)))
      }
    }
    fixture.turn()
    fixture.kernel.enterErrors = [.interrupted]
    fixture.stop()
    #expect(fixture.kernel.closed.map(\.rawValue) == Array(50..<60))
  }

  /// A call that comes when only the wake-up was left, and enters that fail from then on.
  @Test func closesAreNotLostWhenTheLastEnterFails() throws {
    let loop = fixture.loop
    nonisolated(unsafe) let kernel = fixture.kernel
    fixture.kernel.observer = { _, submission in
      guard submission.request.operation == .cancel else { return nil }
      _ = loop.inbox.add(
        .call {
          loop.close(.file(FileDescriptor(rawValue: 50)))
          unsafe kernel.enterErrors = [.interrupted, .resourceBusy]
        })
      return nil
    }
    fixture.stop()
    #expect(fixture.kernel.closed.map(\.rawValue) == [50])
  }

  @Test func streamsAreClosedAndTheirDescriptorsToo() throws {
    let handler = StreamHandler(received: { _, _ in }, ended: { _, _ in })
    for number: Int32 in 20..<30 {
      let stream = fixture.stream(number)
      stream.start(handler)
    }
    fixture.turn(2)
    fixture.stop()
    #expect(fixture.kernel.closed.map(\.rawValue).sorted() == Array(20..<30))
    #expect(fixture.kernel.pending.isEmpty)
  }

  @Test func everyBufferIsThereAtTheEnd() throws {
    let receive = try fixture.start(.receiveMany())
    fixture.turn()
    for _ in 0..<3 {
      try fixture.kernel.complete(.receive, 5, hasMore: true, takesBuffer: true)
    }
    fixture.stop()
    #expect(receive.results == [5, 5, 5, -Errno.canceled.rawValue])
    #expect(fixture.loop.pool.availableCount == fixture.loop.pool.capacity)
  }
}
