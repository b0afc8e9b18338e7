// SPDX-License-Identifier: Apache-2.0

/// Identifies one wait of a task, or of a framework's timer.
struct WaitID: Hashable, Sendable {
  var slot: UInt32
  var generation: UInt32

  /// No wait, in no more room than one: a table has fewer slots.
  static var none: Self { Self(slot: .max, generation: 0) }
}

/// Why a wait ends before its time.
enum WaitEnd: UInt8, Hashable, Sendable {
  /// Its deadline has passed.
  case timedOut
  /// Its task was cancelled.
  case cancelled
  /// Its loop is stopping.
  case loopStopped
}

/// The result of a wait, which its task takes after it was resumed.
struct WaitResult: Hashable, Sendable {
  /// 0, or a negated errno.
  var code: Int32 = 0
  /// The reason of a failure, in the words of whoever has finished the wait.
  var reason: UInt8 = 0
  /// Submissions that it took.
  var attempts: Int32 = 1
  /// Bytes that moved.
  var byteCount = 0
}

/// A suspended task, or one that is about to be.
@safe
struct Wait {
  var generation: UInt32 = 1
  var state = State.free
  var hasDeadline = false
  /// The next free slot, while the wait is free; below 0 for none.
  var nextFree: Int32 = -1
  /// The task, if a continuation resumes it.
  var continuation: UnsafeContinuation<Void, Never>?
  /// The task, if it is parked.
  var job: UnownedJob?
  /// Notified when the wait is to end early; `nil` for a sleep.
  ///
  /// The task keeps it alive.
  var target: Unmanaged<OperationOwner>?
  var result = WaitResult()

  /// How far a wait is.
  enum State {
    case free
    /// Has not ended; the task is suspended or about to be.
    case open
    /// Has ended; the task is to take the result.
    case finished
  }
}
