// SPDX-License-Identifier: Apache-2.0

internal import Uring

extension ResubmissionPolicy {
  /// The answer "not now" under this policy.
  func verdictForWouldBlock(_ answer: Answer) -> Verdict {
    switch self {
    case .completion: verdictForWaiting(answer)
    case .nonblocking: .surface
    case .backoff(let initial, let limit):
      .backOff(Self.pause(after: answer.attempt, initial: initial, limit: limit))
    case .retry(let limit): answer.attempt <= limit ? .resubmit : .surface
    }
  }

  /// The loop's own cancel has found a request that waits, though it was not to.
  func verdictForCancelledTry(_ answer: Answer) -> Verdict {
    let verdict = verdictForWouldBlock(answer)
    return verdict == .surface ? .surfaceAs(.resourceTemporarilyUnavailable) : verdict
  }

  /// Has the kernel wait, unless the caller asked it not to.
  private func verdictForWaiting(_ answer: Answer) -> Verdict {
    guard answer.mayTryAgain, !answer.options.contains(.doNotWait) else { return .surface }
    // A kernel that has refused an option may not know this one either, and then says EINVAL.
    return answer.facts.contains(.capabilityDropped)
      ? .backOff(Self.scarcityPause(after: answer.attempt)) : .pollFirst
  }

  /// The pause after an attempt: `initial` doubled each time, at most `limit`, and never so short
  /// that it would be a way to spin.
  static func pause(after attempt: Int, initial: Duration, limit: Duration) -> Duration {
    let factor = 1 << min(attempt - 1, 20)
    // Compared by division, because the product can be too long for a duration.
    let pause = initial < limit / factor ? initial * factor : limit
    return max(pause, .microseconds(1))
  }

  /// The pause while the machine is short of memory or descriptors.
  static func scarcityPause(after attempt: Int) -> Duration {
    pause(after: attempt, initial: .milliseconds(1), limit: .milliseconds(100))
  }

  /// The pause while somebody else has the next step: a listener that is to accept.
  static func shortPause(after attempt: Int) -> Duration {
    pause(after: attempt, initial: .milliseconds(1), limit: .milliseconds(16))
  }
}
