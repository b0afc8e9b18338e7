// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import SystemPackage
import Testing

@testable import CompletionIO
@testable import Uring

/// Found by echo, seed 28: a send that has moved bytes swallows the reset of its connection, and the
/// receive beside it saw a good end of a stream that was cut short.
@Suite struct HiddenResetTests {
  private let fixture: LoopFixture
  private let connection: StreamConnection

  init() throws {
    fixture = try LoopFixture { $0.unclaimedByteLimit = 16 }
    connection = StreamConnection(fixture.stream())
  }

  private func startSend() throws -> Caller {
    let connection = connection
    let caller = try Caller(fixture) { _ in try await connection.send([1, 2, 3]) }
    fixture.turnWithoutWaiting()
    return caller
  }

  /// Receives into the pool; the end of the stream is a failure of the test where it is not awaited.
  private func startReceive(expectingEnd: Bool = false) throws -> Caller {
    let connection = connection
    let caller = try Caller(fixture) { _ in
      let byteCount = try await connection.receive()?.byteCount
      #expect((byteCount == nil) == expectingEnd)
    }
    fixture.turnWithoutWaiting()
    return caller
  }

  private func startReceiveIntoMemory(
    timeout: Duration? = nil, expectingEnd: Bool = false
  ) throws -> Caller {
    let connection = connection
    let caller = try Caller(fixture) { _ in
      let bytes = try await connection.receive(8, timeout: timeout)
      #expect(bytes.isEmpty == expectingEnd)
    }
    fixture.turnWithoutWaiting()
    return caller
  }

  /// Ends the receive with 0, and answers the question whether the connection has hung up.
  private func end(hangingUp: Bool) throws {
    try fixture.kernel.complete(.receive, 0)
    fixture.turn(2)
    try answerPoll(hangingUp: hangingUp)
  }

  private func answerPoll(hangingUp: Bool) throws {
    fixture.turnWithoutWaiting()
    try fixture.kernel.complete(.poll, hangingUp ? 0x1 | 0x10 : 0x1)
    for _ in 0..<3 { fixture.turnWithoutWaiting() }
  }

  @Test(arguments: [false, true])
  func anEndBesideASendIsConfirmed(_ isReset: Bool) throws {
    let receiving = try startReceive(expectingEnd: !isReset)
    let sending = try startSend()
    try fixture.kernel.complete(.send, 1)
    try end(hangingUp: isReset)
    #expect(receiving.hasEnded)
    #expect(receiving.error?.errno == (isReset ? .connectionReset : nil))
    #expect(!sending.hasEnded)
    try fixture.kernel.fail(.send, .brokenPipe)
    for _ in 0..<3 { fixture.turnWithoutWaiting() }
    #expect(sending.error?.errno == .brokenPipe)
    #expect(sending.error?.byteCount == 1)
  }

  @Test func anEndBehindASendThatFailedHalfWayIsConfirmed() throws {
    let receiving = try startReceive()
    let sending = try startSend()
    try fixture.kernel.complete(.send, 1)
    fixture.turn(2)
    try fixture.kernel.fail(.send, .brokenPipe)
    fixture.turn(2)
    #expect(sending.error?.errno == .brokenPipe)
    try end(hangingUp: true)
    #expect(receiving.error?.errno == .connectionReset)
  }

  /// Found by deadline-races, seed 40900.
  @Test func anEndBehindASendThatWasCancelledHalfWayIsConfirmed() throws {
    let receiving = try startReceive()
    let connection = connection
    let sending = try Caller(fixture) { _ in
      try await connection.send([1, 2, 3], timeout: .milliseconds(1))
    }
    fixture.turnWithoutWaiting()
    fixture.kernel.refuse(.cancel, .alreadyInProcess)
    fixture.kernel.after(.microseconds(1500)) { kernel in try? kernel.complete(.send, 1) }
    fixture.run(for: .milliseconds(3))
    #expect(sending.error?.cause == .timeout)
    try end(hangingUp: true)
    #expect(receiving.error?.errno == .connectionReset)
  }

  /// The end of the sending half tells as much as the poll, and may be told first.
  @Test func aPollBehindAnEndThatIsKnownChangesNothing() throws {
    let receiving = try startReceive(expectingEnd: true)
    let sending = try startSend()
    try fixture.kernel.complete(.receive, 0)
    fixture.turn(2)
    try fixture.kernel.complete(.send, 3)
    fixture.turn(2)
    #expect(sending.hasEnded)
    #expect(connection.stream.receiving.state == .confirming)
    let connection = connection
    let finishing = try Caller(fixture) { _ in try await connection.finishSending() }
    for _ in 0..<3 { fixture.turnWithoutWaiting() }
    #expect(finishing.hasEnded && finishing.error == nil)
    #expect(receiving.hasEnded && receiving.error == nil)
    try answerPoll(hangingUp: true)
    #expect(connection.stream.receiving.end == .endOfStream)
  }

  @Test func anEndBesideNoSendIsBelieved() throws {
    let receiving = try startReceive(expectingEnd: true)
    try fixture.kernel.complete(.receive, 0)
    for _ in 0..<3 { fixture.turnWithoutWaiting() }
    #expect(receiving.hasEnded && receiving.error == nil)
    #expect(fixture.kernel.submissions(of: .poll).isEmpty)
  }

  /// An end that comes with a deadline is an end, once it is known of which kind.
  @Test(arguments: [false, true])
  func anEndThatComesWithADeadlineIsConfirmed(_ isReset: Bool) throws {
    _ = try startSend()
    fixture.kernel.refuse(.cancel, .alreadyInProcess)
    let late = try startReceiveIntoMemory(timeout: .milliseconds(1), expectingEnd: !isReset)
    fixture.kernel.after(.microseconds(1500)) { kernel in try? kernel.complete(.receive, 0) }
    fixture.run(for: .milliseconds(3))
    #expect(!late.hasEnded)
    try answerPoll(hangingUp: isReset)
    #expect(late.hasEnded)
    #expect(late.error?.errno == (isReset ? .connectionReset : nil))
    let next = try startReceiveIntoMemory(expectingEnd: !isReset)
    #expect(next.hasEnded)
    #expect(next.error?.errno == (isReset ? .connectionReset : nil))
  }

  @Test func anEndOfAPausedReceiveIsConfirmedAndToldBehindItsBytes() throws {
    let first = try startReceive()
    try fixture.kernel.complete(.receive, 1, hasMore: true, takesBuffer: true)
    fixture.turn(2)
    #expect(first.hasEnded)
    _ = try startSend()
    fixture.kernel.refuse(.cancel, .alreadyInProcess)
    try fixture.kernel.complete(.receive, 64, hasMore: true, takesBuffer: true)
    fixture.turn(2)
    #expect(connection.stream.receiving.state == .pausing)
    try fixture.kernel.complete(.receive, 0)
    fixture.turn()
    #expect(connection.stream.receiving.state == .confirming)
    let claiming = try startReceive()
    fixture.turnWithoutWaiting()
    #expect(claiming.hasEnded && claiming.error == nil)
    let last = try startReceive()
    #expect(!last.hasEnded)
    try answerPoll(hangingUp: true)
    #expect(last.error?.errno == .connectionReset)
  }
}
