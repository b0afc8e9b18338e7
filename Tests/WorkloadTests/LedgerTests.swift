// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import SystemPackage
import Testing

@testable import Workloads

/// A ledger notices operations that end twice, never, or in a way that they must not.
@Suite struct LedgerTests {
  private let ledger = Ledger(budget: 10)

  @Test func anOperationThatEndsTwiceIsFound() {
    let ticket = ledger.begin(.send)
    ledger.end(ticket)
    #expect(!ledger.isViolated)
    ledger.end(ticket)
    #expect(ledger.isViolated)
  }

  @Test func anEarlierUseOfItsPlaceIsAnotherOperation() {
    let first = ledger.begin(.send)
    ledger.end(first)
    _ = ledger.begin(.receive)
    ledger.end(first)
    #expect(ledger.isViolated)
  }

  @Test func anOperationThatNeverEndsIsFound() {
    ledger.end(ledger.begin(.send))
    _ = ledger.begin(.receive)
    ledger.checkEnd()
    #expect(ledger.violations.count == 1)
  }

  @Test func somethingHappensAtItsOperation() {
    ledger.when(begun: 2) { [ledger] in ledger.violation("now") }
    _ = ledger.begin(.send)
    #expect(!ledger.isViolated)
    _ = ledger.begin(.send)
    #expect(ledger.isViolated)
  }

  // MARK: Allowed failures

  private static let allowed: [(SocketError, ResubmissionPolicy, Circumstances)] = [
    (SocketError(.send, .connectionReset), .completion, []),
    (SocketError(.send, .resourceTemporarilyUnavailable), .nonblocking, []),
    (SocketError(.send, .resourceTemporarilyUnavailable, attempts: 16), .completion, []),
    (SocketError(.send, .timedOut, cause: .timeout), .completion, .deadline),
    (SocketError(.receive, .canceled, cause: .cancellation), .completion, .cancelled),
    (SocketError(.receive, .badFileDescriptor, cause: .closed), .completion, .closed),
    (SocketError(.receive, .socketShutdown, cause: .loopStopped), .completion, .stopping),
    (SocketError(.send, .noMemory, attempts: 16), .completion, []),
  ]

  private static let forbidden: [(SocketError, ResubmissionPolicy, Circumstances)] = [
    (SocketError(.send, .resourceTemporarilyUnavailable), .completion, []),
    (SocketError(.connect, .nowInProgress), .completion, []),
    (SocketError(.connect, .socketIsConnected), .nonblocking, []),
    (SocketError(.send, .interrupted), .completion, []),
    (SocketError(.send, .noMemory, attempts: 3), .completion, []),
    (SocketError(.receive, .socketNotConnected), .completion, []),
    (SocketError(.send, .noMemory, attempts: 17), .completion, []),
    (SocketError(.send, .badFileDescriptor), .completion, .closed),
    (SocketError(.send, .timedOut, cause: .timeout), .completion, []),
    (SocketError(.receive, .canceled, cause: .cancellation), .completion, []),
    (SocketError(.receive, .badFileDescriptor, cause: .closed), .completion, []),
    (SocketError(.receive, .socketShutdown, cause: .loopStopped), .completion, []),
  ]

  @Test(arguments: allowed)
  func thisMayHappen(
    _ error: SocketError, _ policy: ResubmissionPolicy, _ circumstances: Circumstances
  ) {
    ledger.check(error, under: policy, circumstances)
    #expect(ledger.violations == [])
  }

  @Test(arguments: forbidden)
  func thisMustNotHappen(
    _ error: SocketError, _ policy: ResubmissionPolicy, _ circumstances: Circumstances
  ) {
    ledger.check(error, under: policy, circumstances)
    #expect(ledger.violations.count == 1)
  }
}
