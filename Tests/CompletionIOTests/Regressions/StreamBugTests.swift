// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import Synchronization
import SystemPackage
import Testing

@testable import CompletionIO
@testable import Uring

/// Bugs that simulations found in connections, each as the shortest script that shows it.
@Suite struct StreamBugTests {
  private let fixture: LoopFixture
  private let connection: StreamConnection

  init() throws {
    fixture = try LoopFixture { $0.flightLimit = 8 }
    connection = StreamConnection(fixture.stream())
  }

  private var stream: SocketStream { connection.stream }

  /// Turns until nothing is left to do, for tasks too.
  private func settle() {
    fixture.settle()
    for _ in 0..<2 { fixture.turnWithoutWaiting() }
  }

  private func sendThree(_ timeout: Duration? = nil) throws -> Caller {
    let connection = connection
    return try Caller(fixture) { _ in try await connection.send([1, 2, 3], timeout: timeout) }
  }

  private func receive() throws -> Caller {
    let connection = connection
    return try Caller(fixture) { _ in
      let byteCount = try await connection.receive()?.byteCount
      #expect(byteCount != nil, "the end of the stream")
    }
  }

  /// Found by shutdown, seed 96: bytes that a close had dropped looked like the end of the stream.
  @Test func aReceiveOfAConnectionThatWasAbortedIsNoEndOfTheStream() throws {
    stream.enqueue(copying: unsafe [UInt8](repeating: 1, count: 9).span.bytes)
    let receiving = try receive()
    fixture.turnWithoutWaiting()
    connection.abort()
    settle()
    #expect(receiving.error?.cause == .closed)
    let late = try receive()
    settle()
    #expect(late.error?.cause == .closed)
  }

  /// Found by proxy, seed 24822: a send in line was started although its stream had been aborted, and
  /// the close waited for a peer that did not read.
  @Test func anAbortStartsNoSend() throws {
    let receiving = try receive()
    fixture.turnWithoutWaiting()
    stream.enqueue(copying: unsafe [UInt8](repeating: 1, count: 9).span.bytes)
    #expect(stream.sending.state == .enlisted)
    connection.abort()
    settle()
    #expect(fixture.kernel.submissions(of: .send).isEmpty)
    #expect(receiving.error?.cause == .closed)
    #expect(stream.closing == .closed)
  }

  /// Found by deadline-races, seed 21046: a reset that came with a deadline was told as a time-out,
  /// and the next receive, which the kernel tells 0, saw a good end.
  @Test func aResetThatComesWithADeadlineIsTold() throws {
    let connection = connection
    fixture.kernel.refuse(.cancel, .alreadyInProcess)
    let receiving = try Caller(fixture) { _ in
      _ = try await connection.receive(8, timeout: .milliseconds(1))
    }
    fixture.turnWithoutWaiting()
    fixture.kernel.after(.microseconds(1500)) { kernel in
      try? kernel.fail(.receive, .connectionReset)
    }
    fixture.run(for: .milliseconds(3))
    #expect(receiving.error?.errno == .connectionReset)
    #expect(receiving.error?.cause == .kernel)
  }

  /// Found by deadline-races, seed 112: ENOMEM to a send that was asked to end broke its stream.
  @Test(arguments: [Errno.noMemory, .noBufferSpace, .interrupted, .canceled])
  func aSendThatWasToEndLeavesItsStreamWhole(_ error: Errno) throws {
    let sending = try sendThree(.milliseconds(1))
    fixture.turnWithoutWaiting()
    fixture.kernel.refuse(.cancel, .alreadyInProcess)
    fixture.kernel.after(.microseconds(1500)) { kernel in try? kernel.fail(.send, error) }
    fixture.run(for: .milliseconds(10))
    #expect(sending.error?.cause == .timeout)
    let next = try sendThree()
    fixture.turnWithoutWaiting()
    try fixture.kernel.complete(.send, 3)
    fixture.turnWithoutWaiting()
    fixture.turnWithoutWaiting()
    #expect(next.hasEnded && next.error == nil)
  }

  /// Found by slow-readers, seed 147: a receive that the kernel interrupted for good was told EBADF,
  /// as if the program had closed the connection.
  @Test func anInterruptedReceiveIsToldSo() throws {
    fixture.kernel.observer = { _, submission in
      submission.request.operation == .receive
        ? ScriptedKernel.Reply(result: -Errno.interrupted.rawValue) : nil
    }
    for _ in 0..<2 {
      let receiving = try receive()
      settle()
      #expect(receiving.error?.errno == .interrupted)
      #expect(receiving.error?.cause == .kernel)
    }
  }

  /// Found by cancellation-storm, seed 156: the kernel tells of a reset once, and told it to a send
  /// that was to end; the receive saw an end like any other.
  @Test func aResetThatACancelledSendWasToldOfIsNoEndOfTheStream() throws {
    let receiving = try receive()
    let sending = try sendThree()
    fixture.turnWithoutWaiting()
    sending.cancel()
    fixture.kernel.refuse(.cancel, .alreadyInProcess)
    fixture.turnWithoutWaiting()
    try fixture.kernel.fail(.send, .connectionReset)
    fixture.turnWithoutWaiting()
    try fixture.kernel.complete(.receive, 0)
    settle()
    #expect(sending.error != nil)
    #expect(receiving.error?.errno == .connectionReset)
  }

  /// Found by proxy, seed 5354: a close waited for a send that had been refused because the flight
  /// table was full.
  @Test func aCloseEndsThoughTheFlightTableIsFull() throws {
    let connection = connection
    while fixture.loop.operationCount < 8 {
      _ = try fixture.start(.made(.receive, byteCount: 1))
    }
    stream.enqueue(copying: unsafe [UInt8](repeating: 1, count: 9).span.bytes)
    let closing = try Caller(fixture) { _ in await connection.close() }
    for _ in 0..<4 { fixture.turnWithoutWaiting() }
    #expect(closing.hasEnded)
    #expect(fixture.closedAtOnce == [1_000_007] && fixture.kernel.closed.isEmpty)
  }

  /// Found by echo, seed 1: queued bytes were lost, and nobody was told.
  @Test func queuedBytesThatAreLostAreToldToTheNextReceive() throws {
    stream.enqueue(copying: unsafe [UInt8](repeating: 1, count: 9).span.bytes)
    fixture.turnWithoutWaiting()
    try fixture.kernel.fail(.send, .connectionReset)
    fixture.turnWithoutWaiting()
    let receiving = try receive()
    fixture.turnWithoutWaiting()
    // The kernel has told of the reset already, and ends the stream like any other.
    try fixture.kernel.complete(.receive, 0)
    settle()
    #expect(receiving.error?.errno == .connectionReset)
  }
}
