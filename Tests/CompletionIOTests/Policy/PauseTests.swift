// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing
import Uring

@testable import CompletionIO

/// How long a policy pauses, and how often it tries.
@Suite struct PauseTests {
  private let wouldBlock = -Errno.resourceTemporarilyUnavailable.rawValue

  private func pauses(_ policy: ResubmissionPolicy, _ attempts: [Int]) -> [Verdict] {
    attempts.map {
      policy.verdict(for: Answer(to: .receive, result: wouldBlock, attempt: $0))
    }
  }

  @Test func aPauseDoublesUpToItsLimit() {
    let policy = ResubmissionPolicy.backoff(initial: .milliseconds(1), limit: .milliseconds(50))
    let expected: [Duration] = [1, 2, 4, 8, 16, 32, 50, 50].map { .milliseconds($0) }
    #expect(pauses(policy, Array(1...8)) == expected.map { .backOff($0) })
    #expect(pauses(policy, [64, 1 << 20, .max]) == [.backOff(.milliseconds(50))] * 3)
  }

  @Test func aPauseIsNeverLongerThanItsLimit() {
    let policy = ResubmissionPolicy.backoff(initial: .seconds(10), limit: .milliseconds(5))
    #expect(pauses(policy, [1, 2]) == [.backOff(.milliseconds(5))] * 2)
  }

  /// A pause of nothing would be a way to spin.
  @Test func aPauseIsNeverNothing() {
    for initial in [Duration.zero, .seconds(-1)] {
      for limit in [Duration.zero, .seconds(-2), .seconds(1)] {
        for verdict in pauses(.backoff(initial: initial, limit: limit), [1, 2, 30]) {
          guard case .backOff(let pause) = verdict else { Issue.record("\(verdict)"); return }
          #expect(pause >= .microseconds(1))
        }
      }
    }
  }

  @Test func theLongestPauseDoesNotOverflow() {
    let longest = Duration.seconds(Int64.max)
    let policy = ResubmissionPolicy.backoff(initial: .seconds(Int64.max / 3), limit: longest)
    #expect(
      pauses(policy, [2, 3, 60]) == [
        .backOff(.seconds(Int64.max / 3 * 2)), .backOff(longest), .backOff(longest),
      ])
  }

  @Test func retryTriesAgainAsOftenAsItSays() {
    #expect(pauses(.retry(limit: 3), [1, 2, 3, 4]) == [.resubmit, .resubmit, .resubmit, .surface])
    #expect(pauses(.retry(limit: 0), [1]) == [.surface])
    #expect(pauses(.retry(limit: -1), [1]) == [.surface])
    #expect(pauses(.retry(limit: 100_000), [70_000, 100_001]) == [.resubmit, .surface])
  }

  @Test func completionMakesSixteenAttempts() {
    #expect(ResubmissionPolicy.attemptLimit == 16)
    #expect(pauses(.completion, [1, 15, 16]) == [.pollFirst, .pollFirst, .surface])
  }
}

private func * (verdicts: [Verdict], count: Int) -> [Verdict] {
  Array(repeating: verdicts, count: count).flatMap { $0 }
}
