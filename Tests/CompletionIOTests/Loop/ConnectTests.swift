// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing

@testable import CompletionIO
@testable import Uring

/// A connect is issued once; how it ends is asked of the socket.
@Suite struct ConnectTests {
  private let fixture: LoopFixture

  init() throws { fixture = try LoopFixture() }

  private static let deciders: [ResubmissionPolicy] = [
    .retry(limit: 3), .backoff(initial: .milliseconds(1), limit: .milliseconds(8)),
  ]

  @Test(arguments: [Errno.nowInProgress, .alreadyInProcess, .interrupted])
  func itWaitsForWritabilityAndReadsThePendingError(_ error: Errno) throws {
    fixture.kernel.refuse(.connect, error)
    let connect = try fixture.start(.connectToInternet(on: 9))
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
    fixture.kernel.refuse(.connect, .nowInProgress)
    fixture.kernel.pendingErrors = [-Errno.connectionRefused.rawValue]
    let connect = try fixture.start(.connectToInternet())
    fixture.turn(2)
    try fixture.kernel.complete(.poll, 4 | 8 | 16)
    fixture.turn()
    #expect(connect.end?.error == .connectionRefused)
  }

  /// A socket that never began to connect is "writable" too, with POLLHUP and no error.
  @Test func aHangUpWithoutAnErrorIsNoConnection() throws {
    fixture.kernel.refuse(.connect, .resourceTemporarilyUnavailable)
    let connect = try fixture.start(.connectToInternet())
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
      let connect = try fixture.start(.connectToInternet())
      fixture.turn(2)
      #expect(connect.results == [pending])
    }
  }

  /// These policies connect by connect(2) itself, which a second time would answer EALREADY.
  @Test(arguments: deciders)
  func aConnectThatDoesNotWaitIsIssuedOnceToo(_ policy: ResubmissionPolicy) throws {
    fixture.kernel.connectResults = [
      -Errno.nowInProgress.rawValue, -Errno.alreadyInProcess.rawValue,
    ]
    let connect = try fixture.start(.connectToInternet(), policy: policy)
    fixture.turn(4)
    #expect(fixture.kernel.connects.count == 1)
    #expect(fixture.kernel.pending.map(\.request.operation) == [.poll])
    #expect(connect.outcomes.isEmpty)
    try fixture.kernel.complete(.poll, 4)
    fixture.turn()
    #expect(connect.end?.result == 0)
  }

  @Test func nonblockingShowsThatItIsInProgress() throws {
    let connect = try fixture.start(.connectToInternet(), policy: .nonblocking)
    fixture.turn(2)
    #expect(connect.end?.error == .nowInProgress)
    #expect(fixture.kernel.submissions.isEmpty)
  }

  /// A request would keep a thread of the kernel for as long as it waits.
  @Test func aFullUnixBacklogIsTriedAgainForAsLongAsItTakes() throws {
    let full = -Errno.resourceTemporarilyUnavailable.rawValue
    fixture.kernel.connectResults = Array(repeating: full, count: 20) + [0]
    var times: [UInt64] = []
    fixture.kernel.whenConnecting = { times.append($0.now / 1_000_000) }
    let connect = try fixture.start(.connectToUnix())
    fixture.run(for: .milliseconds(400))
    #expect(connect.end?.result == 0 && connect.end?.attempts == 21)
    #expect(fixture.kernel.submissions.isEmpty)
    let pauses = zip(times.dropFirst(), times).map { $0 - $1 }
    #expect(pauses.prefix(6) == [1, 2, 4, 8, 16, 16])
    #expect(fixture.count(of: .backOff) == 20)
  }

  @Test func aDeadlineOrACancelEndsTheWaitForAFullUnixBacklog() throws {
    let full = -Errno.resourceTemporarilyUnavailable.rawValue
    fixture.kernel.connectResults = Array(repeating: full, count: 200)
    let late = try fixture.start(.connectToUnix(), timeout: .milliseconds(30))
    let cancelled = try fixture.start(.connectToUnix())
    fixture.run(for: .milliseconds(20))
    #expect(late.outcomes.isEmpty && cancelled.outcomes.isEmpty)
    fixture.end(cancelled)
    fixture.run(for: .milliseconds(20))
    #expect(late.end?.error == .timedOut)
    #expect(cancelled.end?.error == .canceled)
    let count = fixture.kernel.connects.count
    fixture.run(for: .seconds(1))
    #expect(fixture.kernel.connects.count == count)
  }

  /// connect(2) takes no place of a direct table.
  @Test func aDirectSocketConnectsByRequest() throws {
    let connect = try fixture.start(.connectToUnix(from: .direct(3)))
    fixture.turnWithoutWaiting()
    #expect(fixture.kernel.connects.isEmpty)
    try fixture.kernel.fail(.connect, .resourceTemporarilyUnavailable)
    fixture.turnWithoutWaiting()
    #expect(fixture.count(of: .backOff) == 1)
    fixture.end(connect)
    fixture.settle()
    #expect(connect.end?.error == .canceled)
  }

  @Test func aPollThatIsInterruptedIsPolledAgainButNotForEver() throws {
    fixture.kernel.refuse(.connect, .nowInProgress)
    fixture.kernel.refuse(.poll, Array(repeating: .interrupted, count: 100))
    let connect = try fixture.start(.connectToInternet())
    fixture.settle()
    #expect(connect.end?.error == .interrupted)
    #expect(fixture.kernel.submissions(of: .poll).count <= 16)
    #expect(fixture.kernel.submissions(of: .connect).count == 1)
  }

  @Test func aTimeoutInTheMiddleEndsThePoll() throws {
    fixture.kernel.refuse(.connect, .nowInProgress)
    let connect = try fixture.start(
      .connectToInternet(), timeout: .milliseconds(10))
    fixture.run(for: .milliseconds(11))
    #expect(connect.end?.error == .timedOut)
    #expect(fixture.kernel.submissions.map(\.request.operation) == [.connect, .poll, .cancel])
  }
}
