// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// What holds of any answer.
@Suite struct PolicyPropertyTests {
  @Test(arguments: [1, 2, 3, 5, 8, 13, 21, 34] as [UInt64])
  func anyAnswerGetsAVerdictThatFits(_ seed: UInt64) {
    var numbers = SeededNumbers(seed: seed)
    for _ in 0..<5000 {
      let answer = randomAnswer(&numbers)
      let policy = randomPolicy(&numbers)
      let verdict = policy.verdict(for: answer)
      #expect(policy.verdict(for: answer) == verdict, "not pure: \(answer)")
      if answer.facts.contains(.cancelRequested) {
        #expect(!verdict.submits, "seed \(seed): \(answer), \(verdict)")
      }
      #expect(problem(verdict, answer) == nil, "seed \(seed): \(answer), \(policy), \(verdict)")
    }
  }

  /// Most of what a kernel never says, and all that it does.
  @Test(arguments: Answer.Phase.allCases)
  func noResultTraps(_ phase: Answer.Phase) {
    let edges: [Int32] = [.min, .min + 1, -4096, .max - 1, .max]
    for operation in Uring.Operation.allCases {
      for result in edges + Array(-200...200) {
        for facts: Answer.Facts in [[], .hasMore, .cancelRequested, .triedOnce, .unknownGroup] {
          let answer = Answer(
            to: operation, result: result, attempt: .max, byteCount: .max, phase: phase,
            facts: facts)
          for policy in PolicyTable.policies { _ = policy.verdict(for: answer) }
          _ = answer.movedByteCount
        }
      }
    }
  }

  /// The same answer again and again leads to an end, or each time to a wait.
  @Test(arguments: PolicyTable.rows)
  func noAnswerIsFollowedByEndlessResubmissions(_ row: PolicyTable.Row) {
    for policy in PolicyTable.policies {
      for column in PolicyTable.Column.allCases {
        #expect(isBounded(policy, column, row.error), "\(column), \(policy)")
      }
    }
  }

  private func isBounded(
    _ policy: ResubmissionPolicy, _ column: PolicyTable.Column, _ error: Errno
  ) -> Bool {
    var facts: Answer.Facts = []
    for attempt in 1...40 {
      let answer = column.answer(-error.rawValue, attempt: attempt, adding: facts)
      switch policy.verdict(for: answer) {
      case .surface, .surfaceAs, .readPendingError, .awaitWritability, .awaitBuffer:
        return true
      case .awaitDescriptor(let pause), .backOff(let pause):
        guard pause > .zero else { return false }
      case .dropCapability: facts.insert(.capabilityDropped)
      case .resubmit, .sendRest, .pollFirst:
        guard attempt < ResubmissionPolicy.attemptLimit else { return false }
      case .surfaceAndRearm, .goOnWithRequest, .awaitNotification: return false
      }
    }
    // Forty tries and no end: only somebody's scarcity or the naive policy may go on.
    return true
  }

  private func problem(_ verdict: Verdict, _ answer: Answer) -> String? {
    switch verdict {
    case .surface, .surfaceAs: nil
    case .surfaceAndRearm:
      answer.options.contains(.multishot) && answer.result >= 0 ? nil : "nothing to arm again"
    case .sendRest:
      answer.result >= 0 && answer.result < answer.byteCount ? nil : "there is no rest"
    case .awaitBuffer:
      answer.options.contains(.selectBuffer) ? nil : "it takes no buffer"
    case .awaitDescriptor(let pause), .backOff(let pause):
      answer.result < 0 && pause > .zero ? nil : "a pause of nothing"
    case .awaitWritability:
      answer.operation == .connect && answer.result < 0 ? nil : "not a connect"
    case .readPendingError:
      answer.operation == .connect || answer.phase == .writability ? nil : "not a connect"
    case .dropCapability:
      answer.facts.contains(.capabilityDropped) ? "dropped twice" : nil
    case .goOnWithRequest:
      answer.phase == .readiness && answer.result >= 0 ? nil : "no poll has gone before it"
    case .awaitNotification:
      answer.operation == .sendZeroCopy && answer.facts.contains(.hasMore)
        ? nil : "no notification will come"
    case .resubmit, .pollFirst:
      answer.result < 0 ? nil : "it has succeeded"
    }
  }

  private func randomAnswer(_ numbers: inout SeededNumbers) -> Answer {
    let operations = Uring.Operation.allCases
    return Answer(
      to: operations[Int(numbers.next(below: operations.count))],
      result: Int32(numbers.next(below: 400)) - 200,
      options: Request.Options(rawValue: UInt8(numbers.next(below: 64))),
      attempt: 1 + (numbers.next(below: 2) == 0 ? numbers.next(below: 20) : 1 << 40),
      byteCount: UInt32(numbers.next(below: 200)),
      phase: Answer.Phase.allCases[numbers.next(below: Answer.Phase.allCases.count)],
      facts: Answer.Facts(rawValue: UInt16(numbers.next(below: 1024))))
  }

  private func randomPolicy(_ numbers: inout SeededNumbers) -> ResubmissionPolicy {
    switch numbers.next(below: 4) {
    case 0: .completion
    case 1: .nonblocking
    case 2:
      .backoff(
        initial: .microseconds(numbers.next(below: 3) - 1),
        limit: .milliseconds(numbers.next(below: 3)))
    default: .retry(limit: numbers.next(below: 30))
    }
  }
}

extension Verdict {
  /// Whether it puts anything into the kernel.
  var submits: Bool {
    switch self {
    case .surface, .surfaceAs, .readPendingError, .awaitNotification: false
    case .surfaceAndRearm, .resubmit, .sendRest, .pollFirst, .goOnWithRequest, .awaitWritability,
      .awaitBuffer, .awaitDescriptor, .backOff, .dropCapability:
      true
    }
  }
}
