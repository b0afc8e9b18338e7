// SPDX-License-Identifier: Apache-2.0

internal import Uring

/// A request on its way: everything the loop knows of one operation.
@safe
struct Flight {
  // In this order, so that it takes 48 bytes.
  var request: Request
  var generation: UInt32
  /// Submissions since the last that succeeded, the current one included; of a free place the next
  /// free one.
  var attempt: UInt32
  /// The number of its policy in the ``PolicyNumbers``.
  var policyNumber: UInt16
  /// The operation that was asked for at first, which stays in the flight's token.
  var operation: Operation
  var state: State
  /// The part of the flight that is in the kernel, or is to be.
  var phase: Answer.Phase
  /// Whether the table has a ``FlightRest`` of it.
  var hasRest: Bool
  var facts: Answer.Facts
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

  func outcome(
    _ token: Token, result: Int32, flags: Completion.Flags, _ rest: FlightRest
  ) -> Outcome {
    Outcome(
      token: token, result: result, flags: flags, attempts: Int(attempt),
      byteCount: rest.byteCount, isTimedOut: rest.isTimedOut, context: rest.context)
  }
}
