import SystemPackage
import Testing

@testable import CompletionIO
@testable import Uring

/// A connect is issued once; how it ends is asked of the socket.
@Suite struct ConnectTests {
  private static let deciders: [ResubmissionPolicy] = [
    .retry(limit: 3), .backoff(initial: .milliseconds(1), limit: .milliseconds(8)),
  ]

  @Test(arguments: [Errno.nowInProgress, .alreadyInProcess, .interrupted])
  func itWaitsForWritabilityAndReadsThePendingError(_ error: Errno) throws {
    let fixture = try LoopFixture()
    fixture.kernel.refuse(.connect, error)
    let connect = try fixture.start(.made(.connect, on: 9, byteCount: 16))
    fixture.turn(2)
    let poll = try #require(fixture.kernel.pending.first)
    #expect(poll.request == .poll(.file(FileDescriptor(rawValue: 9)), mask: 4))
    #expect(poll.token == connect.token)
    #expect(connect.outcomes.isEmpty)
    try fixture.kernel.complete(.poll, 4)
    fixture.turn()
    #expect(connect.end?.result == 0)
    #expect(fixture.kernel.errorReads == 1)
    #expect(fixture.kernel.submissions(of: .connect).count == 1)
  }

  @Test func aPendingErrorIsTheResult() throws {
    let fixture = try LoopFixture()
    fixture.kernel.refuse(.connect, .nowInProgress)
    fixture.kernel.pendingErrors = [-Errno.connectionRefused.rawValue]
    let connect = try fixture.start(.made(.connect, byteCount: 16))
    fixture.turn(2)
    try fixture.kernel.complete(.poll, 4 | 8 | 16)
    fixture.turn()
    #expect(connect.end?.error == .connectionRefused)
  }

  /// A socket that never began to connect is "writable" too, with POLLHUP and no error.
  @Test func aHangUpWithoutAnErrorIsNoConnection() throws {
    let fixture = try LoopFixture()
    fixture.kernel.refuse(.connect, .resourceTemporarilyUnavailable)
    let connect = try fixture.start(.made(.connect, byteCount: 16))
    fixture.turn(2)
    try fixture.kernel.complete(.poll, 4 | 16)
    fixture.turn()
    #expect(connect.end?.error == .socketNotConnected)
  }

  @Test func alreadyConnectedIsDecidedByThePendingError() throws {
    for pending in [0, -Errno.connectionReset.rawValue] {
      let fixture = try LoopFixture()
      fixture.kernel.refuse(.connect, .socketIsConnected)
      fixture.kernel.pendingErrors = [pending]
      let connect = try fixture.start(.made(.connect, byteCount: 16))
      fixture.turn(2)
      #expect(connect.results == [pending])
    }
  }

  /// These policies connect by connect(2) itself, which a second time would answer EALREADY.
  @Test(arguments: deciders)
  func aConnectThatDoesNotWaitIsIssuedOnceToo(_ policy: ResubmissionPolicy) throws {
    let fixture = try LoopFixture()
    fixture.kernel.connectResults = [
      -Errno.nowInProgress.rawValue, -Errno.alreadyInProcess.rawValue,
    ]
    let connect = try fixture.start(.made(.connect, byteCount: 16), policy: policy)
    fixture.turn(4)
    #expect(fixture.kernel.connects.count == 1)
    #expect(fixture.kernel.pending.map(\.request.operation) == [.poll])
    #expect(connect.outcomes.isEmpty)
    try fixture.kernel.complete(.poll, 4)
    fixture.turn()
    #expect(connect.end?.result == 0)
  }

  @Test func nonblockingShowsThatItIsInProgress() throws {
    let fixture = try LoopFixture()
    let connect = try fixture.start(.made(.connect, byteCount: 16), policy: .nonblocking)
    fixture.turn(2)
    #expect(connect.end?.error == .nowInProgress)
    #expect(fixture.kernel.submissions.isEmpty)
  }

  @Test func aFullUnixBacklogIsTriedAgainAfterAPause() throws {
    let fixture = try LoopFixture()
    fixture.kernel.refuse(
      .connect, .resourceTemporarilyUnavailable, .resourceTemporarilyUnavailable)
    fixture.kernel.script[.connect]?.append(ScriptedKernel.Reply(result: 0))
    let connect = try fixture.start(
      .made(.connect, byteCount: 16), policy: .completion, facts: .unixDomain)
    fixture.run(for: .milliseconds(10))
    #expect(connect.end?.result == 0 && connect.end?.attempts == 3)
    let times = fixture.kernel.submissions.map(\.time)
    #expect(times.count == 3)
    #expect((1_000_000...1_010_000).contains(times[1] - times[0]))
    #expect((2_000_000...2_010_000).contains(times[2] - times[1]))
  }

  @Test func aPollThatIsInterruptedIsPolledAgainButNotForEver() throws {
    let fixture = try LoopFixture()
    fixture.kernel.refuse(.connect, .nowInProgress)
    fixture.kernel.refuse(.poll, Array(repeating: .interrupted, count: 100))
    let connect = try fixture.start(.made(.connect, byteCount: 16))
    fixture.settle()
    #expect(connect.end?.error == .interrupted)
    #expect(fixture.kernel.submissions(of: .poll).count <= 16)
    #expect(fixture.kernel.submissions(of: .connect).count == 1)
  }

  @Test func aTimeoutInTheMiddleEndsThePoll() throws {
    let fixture = try LoopFixture()
    fixture.kernel.refuse(.connect, .nowInProgress)
    let connect = try fixture.start(
      .made(.connect, byteCount: 16), timeout: .milliseconds(10))
    fixture.run(for: .milliseconds(11))
    #expect(connect.end?.error == .timedOut)
    #expect(fixture.kernel.submissions.map(\.request.operation) == [.connect, .poll, .cancel])
  }
}
