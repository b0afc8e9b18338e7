// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing
import Uring

@testable import CompletionIO

/// Every cell of the table, under every policy.
@Suite struct PolicyTableTests {
  @Test(arguments: PolicyTable.rows)
  func everyCellUnderEveryPolicy(_ row: PolicyTable.Row) {
    for policy in PolicyTable.policies {
      for column in PolicyTable.Column.allCases {
        for attempt in [1, 2, 3, 4, 5, 6, 7, 8, 15, 16, 17, 1_000_000] {
          let answer = column.answer(-row.error.rawValue, attempt: attempt)
          let expected = row[column].verdict(policy, attempt: attempt)
          #expect(
            policy.verdict(for: answer) == expected,
            "\(column), attempt \(attempt), \(policy)")
        }
      }
    }
  }

  /// What the operation would have waited or been submitted again for is told as ECANCELED.
  @Test(arguments: PolicyTable.rows)
  func nothingIsSubmittedAgainOnceACancelIsRequested(_ row: PolicyTable.Row) {
    for policy in PolicyTable.policies {
      for column in PolicyTable.Column.allCases {
        for attempt in [1, 2, 15, 16, 17] {
          let answer = column.answer(
            -row.error.rawValue, attempt: attempt, adding: .cancelRequested)
          let expected: Verdict =
            switch row[column].verdict(policy, attempt: attempt) {
            case .surface: .surface
            case .readPendingError: .readPendingError
            default: .surfaceAs(.canceled)
            }
          #expect(
            policy.verdict(for: answer) == expected,
            "\(column), attempt \(attempt), \(policy)")
        }
      }
    }
  }

  @Test(arguments: PolicyTable.rows)
  func aCapabilityIsDroppedOnce(_ row: PolicyTable.Row) {
    for policy in PolicyTable.policies {
      for column in PolicyTable.Column.allCases {
        let answer = column.answer(-row.error.rawValue, adding: .capabilityDropped)
        let verdict = policy.verdict(for: answer)
        #expect(verdict != .dropCapability, "\(column), \(policy)")
        if row[column] == .drop { #expect(verdict == .surface, "\(column), \(policy)") }
      }
    }
  }

  @Test(arguments: PolicyTable.rows)
  func anAnswerWithMoreToComeIsHandedOnAsItIs(_ row: PolicyTable.Row) {
    for policy in PolicyTable.policies {
      for column in PolicyTable.Column.allCases {
        for result in [-row.error.rawValue, 0, 50, 100] {
          let answer = column.answer(result, adding: .hasMore)
          let expected: Verdict = column == .sendZeroCopy ? .awaitNotification : .surface
          #expect(policy.verdict(for: answer) == expected, "\(column), \(result), \(policy)")
        }
      }
    }
  }

  @Test(arguments: [
    Uring.Operation.nop, .pollRemove, .cancel, .shutdown, .close, .message, .timeout,
    .linkTimeout,
  ])
  func whatNobodyRepeats(_ operation: Uring.Operation) {
    for row in PolicyTable.rows {
      for policy in PolicyTable.policies {
        let answer = Answer(to: operation, result: -row.error.rawValue)
        #expect(policy.verdict(for: answer) == .surface, "\(row.error), \(policy)")
      }
    }
  }

  /// Linux frees the descriptor even so (close(2)); a second close would hit a stranger's.
  @Test func anInterruptedCloseIsNotRepeated() {
    for policy in PolicyTable.policies {
      let answer = Answer(to: .close, result: -Errno.interrupted.rawValue)
      #expect(policy.verdict(for: answer) == .surface)
    }
  }

  /// A second connect would answer EALREADY, and an older one's success would be lost.
  @Test func aConnectThatIsUnderWayIsNeverIssuedAgain() {
    let errors: [Errno] = [.nowInProgress, .alreadyInProcess, .interrupted, .socketIsConnected]
    for error in errors {
      for policy in PolicyTable.policies {
        for column in [PolicyTable.Column.connect, .connectUnix] {
          // A Unix-domain connect that a signal has ended is not under way (unix_stream_connect).
          if column == .connectUnix, error == .interrupted { continue }
          let verdict = policy.verdict(for: column.answer(-error.rawValue))
          let neverAgain: [Verdict.Kind] = [.surface, .awaitWritability, .readPendingError]
          #expect(neverAgain.contains(verdict.kind), "\(error), \(column), \(policy)")
        }
      }
    }
  }

  @Test(arguments: [PolicyTable.Column.receivePooled, .receiveMany])
  func aGroupThatTheLoopDoesNotHaveIsAnError(_ column: PolicyTable.Column) {
    for policy in PolicyTable.policies {
      for others: Answer.Facts in [[], .buffersWithKernel, .capabilityDropped] {
        for attempt in [1, 2, 16, 1000] {
          let answer = column.answer(
            -Errno.noBufferSpace.rawValue, attempt: attempt, adding: others.union(.unknownGroup))
          #expect(policy.verdict(for: answer) == .surface)
        }
      }
    }
  }

  /// Waiting in line for a buffer would spin: there is one.
  @Test(arguments: [PolicyTable.Column.receivePooled, .receiveMany])
  func noBufferAlthoughThereAreSomeIsPausedFor(_ column: PolicyTable.Column) {
    for policy in PolicyTable.policies {
      let verdicts = [1, 2, 3, 4, 7, 8, 1_000_000].map { attempt in
        policy.verdict(
          for: column.answer(
            -Errno.noBufferSpace.rawValue, attempt: attempt, adding: .buffersWithKernel))
      }
      let pauses = [1, 2, 16, 16, 16].map { Verdict.backOff(.milliseconds($0)) }
      #expect(verdicts == [.resubmit, .resubmit] + pauses)
    }
  }
}
