// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing

@testable import CompletionIO
@testable import Uring

/// Bugs that simulations found in the loop, each as the shortest script that shows it.
@Suite struct OperationBugTests {
  private func alwaysRefusing(_ operation: Uring.Operation, _ error: Errno) throws -> LoopFixture {
    let fixture = try LoopFixture()
    fixture.kernel.observer = { _, submission in
      guard submission.request.operation == operation else { return nil }
      return ScriptedKernel.Reply(result: -error.rawValue)
    }
    return fixture
  }

  /// Found by connect-storm, seed 1136, and deadline-races, seed 17: EINTR and ECANCELED without
  /// end were answered by submissions without end.
  @Test(arguments: [Errno.interrupted, .canceled])
  func anInterruptedAcceptIsNotStartedAgainWithoutBound(_ error: Errno) throws {
    let fixture = try alwaysRefusing(.accept, error)
    let acceptor = Acceptor(
      FileDescriptor(rawValue: 1_000_005), at: .loopback(port: 9), on: fixture.loop, policy: nil)
    var ends: [SocketError?] = []
    acceptor.open()
    acceptor.start(accepted: { _ in }, ended: { ends.append($0) })
    fixture.run(for: .seconds(10))
    #expect(ends.map { $0?.errno } == [error])
    let limit = ResubmissionPolicy.attemptLimit
    #expect(fixture.kernel.submissions(of: .accept).count == limit)
  }

  @Test(arguments: [Uring.Operation.send, .receive])
  func anInterruptedTransferIsNotStartedAgainWithoutBound(_ operation: Uring.Operation) throws {
    let fixture = try alwaysRefusing(operation, .interrupted)
    let transfer = try fixture.start(.made(operation, byteCount: 9))
    fixture.run(for: .seconds(10))
    #expect(transfer.end?.error == .interrupted)
    let limit = ResubmissionPolicy.attemptLimit
    #expect(fixture.kernel.submissions(of: operation).count == limit)
  }

  /// Found by connect-storm, seed 236: a long want of descriptors left no attempts for anything
  /// else.
  @Test func aWantOfDescriptorsLeavesAttemptsForOtherAnswers() throws {
    let fixture = try LoopFixture()
    fixture.kernel.refuse(.accept, Array(repeating: .tooManyOpenFiles, count: 40))
    fixture.kernel.refuse(.accept, Array(repeating: .interrupted, count: 5))
    fixture.kernel.reply(to: .accept, 40)
    let accept = try fixture.start(.made(.accept))
    fixture.run(for: .seconds(10))
    #expect(accept.results == [40])
  }

  /// Found by cancellation-storm, seed 1722: a connect that was cancelled while it was in progress
  /// failed with EINPROGRESS, which says the opposite.
  @Test(arguments: [Errno.nowInProgress, .alreadyInProcess, .interrupted])
  func aCancelledConnectIsToldThatItWasCancelled(_ error: Errno) throws {
    let fixture = try LoopFixture()
    let caller = try Caller(fixture) { loop in
      let address = try SocketAddress(parsing: "127.0.0.1:9")
      _ = try await StreamConnection.connect(to: address, on: loop)
    }
    fixture.turnWithoutWaiting()
    #expect(fixture.kernel.pendingCount(of: .connect) == 1)
    caller.cancel()
    // The cancel misses, and the connect's own answer comes instead.
    fixture.kernel.refuse(.cancel, .alreadyInProcess)
    fixture.turnWithoutWaiting()
    try fixture.kernel.fail(.connect, error)
    fixture.run(for: .milliseconds(10))
    #expect(caller.error?.errno == .canceled)
    #expect(caller.error?.cause == .cancellation)
  }
}
