// SPDX-License-Identifier: Apache-2.0

/// A loop's way with the kernel's answer "not now".
///
/// A policy is a value: set it for a loop, for a connection, or for one operation. Every answer
/// that is not about waiting (a reset, a refusal, a bad argument) is the same under each policy.
public enum ResubmissionPolicy: Hashable, Sendable {
  /// The kernel waits, and the caller never sees a would-block answer.
  ///
  /// Should the kernel answer -EAGAIN all the same, the operation is resubmitted so that it waits
  /// for readiness first, in at most ``attemptLimit`` attempts. An operation that was itself asked
  /// not to wait (`Request.Options.doNotWait`) hears of it at once. A connect to a full
  /// Unix-domain backlog is tried again after pauses, for as long as it takes.
  case completion

  /// The would-block answer is handed to the caller at once: EAGAIN, EINPROGRESS, EALREADY.
  case nonblocking

  /// Sleeps and tries again, the pause doubling from `initial` up to `limit`.
  ///
  /// The naive answer, kept for comparison: too long a pause adds latency, too short a one burns
  /// a core. The number of attempts has no limit; a deadline gives it one.
  case backoff(initial: Duration, limit: Duration)

  /// Tries again at once, at most `limit` times after the first, then hands the answer to the
  /// caller.
  case retry(limit: Int)

  /// Attempts, the first included, before even a transient answer is handed to the caller.
  public static let attemptLimit = 16
}

extension ResubmissionPolicy {
  /// Whether requests must ask the kernel not to wait, so that this policy gets to decide.
  package var asksNotToWait: Bool {
    switch self {
    case .completion: false
    case .nonblocking, .backoff, .retry: true
    }
  }
}
