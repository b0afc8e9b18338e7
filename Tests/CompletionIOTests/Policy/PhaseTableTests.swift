// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing
import Uring

@testable import CompletionIO

/// Answers in every phase: polls, the pending error, notifications.
@Suite struct PhaseTableTests {
  @Test(arguments: PolicyTable.rows, Answer.Phase.allCases)
  func everyErrorInEveryPhase(_ row: PolicyTable.Row, _ phase: Answer.Phase) {
    for policy in PolicyTable.policies {
      for column in PolicyTable.Column.allCases {
        for attempt in [1, 2, 15, 16, 17] {
          let answer = column.answer(-row.error.rawValue, attempt: attempt, in: phase)
          let expected: Verdict =
            switch phase {
            case .request, .notification: row[column].verdict(policy, attempt: attempt)
            case .readiness, .writability:
              // A poll that a signal has ended, or that there was no memory for, is made again, a
              // limited number of times.
              switch row.error {
              case _ where attempt >= 16: .surface
              case .interrupted: .resubmit
              case .noMemory: .backOff(ResubmissionPolicy.scarcityPause(after: attempt))
              default: .surface
              }
            case .pendingError: .surface
            }
          #expect(
            policy.verdict(for: answer) == expected,
            "\(column), attempt \(attempt), \(policy)")
        }
      }
    }
  }

  /// What a poll or the pending error says, and what comes of it without and with a cancel.
  struct Saying: Sendable {
    let phase: Answer.Phase
    let result: Int32
    var facts: Answer.Facts = []
    let verdict: Verdict
    let ifCancelled: Verdict
  }

  // POLLIN 1, POLLOUT 4, POLLERR 8, POLLHUP 16 (poll(2)).
  @Test(arguments: [
    Saying(
      phase: .readiness, result: 1, verdict: .goOnWithRequest, ifCancelled: .surfaceAs(.canceled)),
    Saying(
      phase: .readiness, result: 4, verdict: .goOnWithRequest, ifCancelled: .surfaceAs(.canceled)),
    Saying(
      phase: .readiness, result: 25, verdict: .goOnWithRequest, ifCancelled: .surfaceAs(.canceled)),
    Saying(
      phase: .writability, result: 4, verdict: .readPendingError, ifCancelled: .readPendingError),
    Saying(
      phase: .writability, result: 28, verdict: .readPendingError, ifCancelled: .readPendingError),
    Saying(phase: .pendingError, result: 0, verdict: .surface, ifCancelled: .surface),
    Saying(
      phase: .pendingError, result: 0, facts: .hungUp, verdict: .surfaceAs(.socketNotConnected),
      ifCancelled: .surfaceAs(.socketNotConnected)),
    Saying(
      phase: .pendingError, result: -111, facts: .hungUp, verdict: .surface, ifCancelled: .surface),
  ])
  func whatEachSayingComesTo(_ saying: Saying) {
    for policy in PolicyTable.policies {
      var answer = Answer(
        to: .connect, result: saying.result,
        phase: saying.phase, facts: saying.facts)
      #expect(policy.verdict(for: answer) == saying.verdict)
      #expect(answer.movedByteCount == 0)
      answer.facts.insert(.cancelRequested)
      #expect(policy.verdict(for: answer) == saying.ifCancelled)
    }
  }

  @Test func onlyPollsTellOfAHangUp() {
    for phase in Answer.Phase.allCases {
      let polls: [Answer.Phase] = [.readiness, .writability]
      let answer = Answer(to: .connect, result: 16, phase: phase)
      #expect(answer.hasHungUp == polls.contains(phase))
      #expect(!Answer(to: .connect, result: -16, phase: phase).hasHungUp)
    }
  }

  /// Its memory is the kernel's until then, whatever came of it.
  @Test(arguments: [100, 40, 0, -12, -104] as [Int32])
  func aZeroCopySendIsDecidedAtItsNotification(_ result: Int32) {
    for policy in PolicyTable.policies {
      for facts in [Answer.Facts.hasMore, [.hasMore, .cancelRequested]] {
        let answer = PolicyTable.Column.sendZeroCopy.answer(result, adding: facts)
        #expect(policy.verdict(for: answer) == .awaitNotification)
      }
      let request = PolicyTable.Column.sendZeroCopy.answer(result)
      let notified = PolicyTable.Column.sendZeroCopy.answer(result, in: .notification)
      #expect(policy.verdict(for: notified) == policy.verdict(for: request))
    }
  }

  /// ECANCELED is the answer EAGAIN of an accept that a cancel goes behind.
  @Test(arguments: [PolicyTable.Column.accept, .acceptMany])
  func anAcceptThatIsTriedOnceWouldHaveWaited(_ column: PolicyTable.Column) {
    for policy in PolicyTable.policies {
      for attempt in [1, 5, 6] {
        let answer = column.answer(
          -Errno.canceled.rawValue, attempt: attempt, adding: .triedOnce, options: .doNotWait)
        let expected: Verdict =
          switch policy {
          case .completion, .nonblocking: .surfaceAs(.resourceTemporarilyUnavailable)
          case .backoff: .backOff(attempt > 3 ? .milliseconds(20) : .milliseconds(3))
          case .retry(let limit):
            attempt <= limit ? .resubmit : .surfaceAs(.resourceTemporarilyUnavailable)
          }
        #expect(policy.verdict(for: answer) == expected, "\(policy), attempt \(attempt)")
        let cancelled = Column.accept.answer(
          -Errno.canceled.rawValue, adding: [.triedOnce, .cancelRequested], options: .doNotWait)
        #expect(policy.verdict(for: cancelled) == .surface)
      }
    }
  }

  private typealias Column = PolicyTable.Column
}
