// SPDX-License-Identifier: Apache-2.0

import Testing
import Uring

@testable import CompletionIO

extension PolicyTable.Cell {
  /// What the cell comes to under a policy, after so many attempts.
  func verdict(_ policy: ResubmissionPolicy, attempt: Int) -> Verdict {
    let mayTryAgain = attempt < 16
    let pause = PolicyTable.scarcityPause(attempt)
    return switch self {
    case .terminal: .surface
    case .wouldBlock: wouldBlock(policy, attempt: attempt)
    case .backlogFull:
      policy == .completion
        ? .backOff(PolicyTable.shortPause(attempt)) : wouldBlock(policy, attempt: attempt)
    case .again: mayTryAgain ? .resubmit : .surface
    case .gone: mayTryAgain ? .resubmit : .backOff(.milliseconds(1))
    case .pause: mayTryAgain ? .backOff(pause) : .surface
    case .scarce: .backOff(pause)
    case .descriptor: .awaitDescriptor(atMost: pause)
    case .buffer: .awaitBuffer
    case .writability: .awaitWritability
    case .inProgress: policy == .nonblocking ? .surface : .awaitWritability
    case .pendingError: .readPendingError
    case .drop: .dropCapability
    }
  }

  private func wouldBlock(_ policy: ResubmissionPolicy, attempt: Int) -> Verdict {
    switch policy {
    case .completion: attempt < 16 ? .pollFirst : .surface
    case .nonblocking: .surface
    case .backoff:
      .backOff(attempt > 3 ? .milliseconds(20) : .milliseconds(3 << (attempt - 1)))
    case .retry(let limit): attempt <= limit ? .resubmit : .surface
    }
  }
}

extension PolicyTable.Column {
  func answer(
    _ result: Int32, attempt: Int = 1, in phase: Answer.Phase = .request,
    adding facts: Answer.Facts = [], options: Request.Options = []
  ) -> Answer {
    Answer(
      to: operation, result: result, options: self.options.union(options), attempt: attempt,
      byteCount: 100, phase: phase, facts: self.facts.union(facts))
  }
}
