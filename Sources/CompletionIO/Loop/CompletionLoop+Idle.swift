// SPDX-License-Identifier: Apache-2.0

internal import Uring

// For whoever turns several loops on one thread, and must know when only time can move them.
extension CompletionLoop {
  /// Whether a turn would do nothing but wait.
  package var isIdle: Bool {
    guard jobs.isEmpty, enlisted.isEmpty, !core.hasWork else { return false }
    // With at most its own wake-up left, a stopping loop ends instead of waiting.
    if isStopping, taskCount == 0, operationCount <= 1 { return false }
    guard inbox.isEmpty, !pool.hasReturned, !streamPool.hasReturned else { return false }
    return !core.hasBufferForWaiter
  }

  /// The shorter of two limits; `nil` for none.
  func shorter(_ first: Duration?, _ second: Duration?) -> Duration? {
    guard let first, let second else { return first ?? second }
    return min(first, second)
  }
}
