// SPDX-License-Identifier: Apache-2.0

internal import Uring

/// A request on its way: everything the loop knows of one operation.
@safe
struct Flight {
  // In this order, so that it takes 72 bytes.
  var request: Request
  var generation: UInt32
  /// Submissions since the last that succeeded, the current one included.
  var attempt: UInt32
  /// Bytes moved by earlier submissions.
  var byteCount: UInt32
  /// The result of a zero-copy send, until its memory is free.
  var heldResult: Int32
  /// The number of its policy in the ``PolicyNumbers``.
  var policyNumber: UInt16
  /// The operation that was asked for at first, which stays in the flight's token.
  var operation: Operation
  var state: State
  /// The part of the flight that is in the kernel, or is to be.
  var phase: Answer.Phase
  var facts: Answer.Facts
  /// When its owner stops waiting, in nanoseconds of the loop's clock; 0 for never.
  var deadline: UInt64
  /// The caller's word, which comes back with each answer.
  var context: UInt
  /// Notified of each answer; retained by the flight.
  var owner: Unmanaged<OperationOwner>?

  /// Where a flight is.
  ///
  /// Legal ways: free → queued → inKernel → (queued | pausing | awaitingBuffer |
  /// awaitingDescriptor | free), and back to queued from each of the three that wait. `pausing`
  /// covers timers, which never reach the kernel.
  enum State {
    case free
    /// Waits in the backlog for a place in the submission queue.
    case queued
    /// Submitted; the kernel owes a completion.
    case inKernel
    /// Waits for the clock.
    case pausing
    /// Waits in the line for a buffer.
    case awaitingBuffer
    /// Waits in the line for a descriptor, and for the clock.
    case awaitingDescriptor
  }

  var isTimedOut: Bool { deadline == Self.passedDeadline }

  /// Marks a deadline that has passed.
  static let passedDeadline = UInt64.max

  /// Counts one more submission; a count that is full stays so.
  mutating func countAttempt() {
    if attempt < .max { attempt += 1 }
  }
}

extension Flight {
  /// An answer to this flight, with the facts that the flight itself knows.
  func answer(result: Int32, hasMore: Bool) -> Answer {
    var facts = facts
    if hasMore { facts.insert(.hasMore) }
    return Answer(
      to: request.operation, result: result, options: request.options,
      attempt: Int(attempt), byteCount: request.count, phase: phase, facts: facts)
  }

  func outcome(_ token: Token, result: Int32, flags: Completion.Flags) -> Outcome {
    Outcome(
      token: token, result: result, flags: flags, attempts: Int(attempt),
      byteCount: byteCount, isTimedOut: isTimedOut, context: context)
  }
}
