// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing

@testable import CompletionIO
@testable import Uring

@Suite struct OutcomeTests {
  private let token = Token(slot: 1, generation: 2, operation: .send)

  @Test func aPassedDeadlineReadsAsATimeout() {
    let outcome = Outcome(
      token: token, result: -Errno.canceled.rawValue, byteCount: 5, isTimedOut: true)
    #expect(outcome.error == .timedOut)
    #expect(outcome.byteCount == 5)
    #expect(Outcome(token: token, result: -Errno.canceled.rawValue).error == .canceled)
  }

  @Test func anOperationThatSucceededAfterItsDeadlineHasSucceeded() {
    #expect(Outcome(token: token, result: 0, isTimedOut: true).error == nil)
  }

  @Test func moreIsToldByItsFlagOnly() {
    #expect(!Outcome(token: token, result: 5).hasMore)
    #expect(Outcome(token: token, result: -5, flags: .more).hasMore)
  }

  /// `IORING_OP_MSG_RING` posts any result that its sender chose.
  @Test func noResultTraps() {
    let outcome = Outcome(token: token, result: .min)
    #expect(outcome.error != nil)
    #expect(!outcome.isTransient)
  }
}
