// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

// The meaning of a result in its phase.
extension Answer {
  /// The error of a result below zero.
  ///
  /// Negated with overflow, because a verdict must not trap whatever the result is.
  var error: Errno { Errno(rawValue: 0 &- result) }

  /// Whether the operation is to end, and so is never submitted again.
  var isCancelled: Bool { facts.contains(.cancelRequested) }

  /// Whether ECANCELED is the work of the cancel that goes behind a request which is not to wait.
  var wouldHaveWaited: Bool { facts.contains(.triedOnce) && !isCancelled }

  /// Bytes that this answer says have moved.
  var movedByteCount: UInt32 {
    guard phase == .request || phase == .notification, operation.movesBytes else { return 0 }
    return UInt32(max(0, result))
  }

  /// Whether a poll has seen the end of both directions (POLLHUP, poll(2)).
  var hasHungUp: Bool {
    switch phase {
    case .readiness, .writability: result >= 0 && result & 0x10 != 0
    case .request, .pendingError, .notification: false
    }
  }

  /// Whether the operation may be submitted once more under the general limit.
  var mayTryAgain: Bool { attempt < ResubmissionPolicy.attemptLimit }

  /// Once more at once, within the general limit.
  var again: Verdict { mayTryAgain ? .resubmit : .surface }

  /// Once more after a pause for what is scarce, within the general limit.
  var afterPause: Verdict {
    mayTryAgain ? .backOff(ResubmissionPolicy.scarcityPause(after: attempt)) : .surface
  }
}
