// SPDX-License-Identifier: Apache-2.0

internal import Uring

/// A member of a loop: starts operations and is notified of each answer, on the loop's thread.
///
/// A class, so that a notification is one indirect call without an existential. A flight keeps its
/// owner alive until the final completion. This is all that a loop knows of its streams and
/// listeners. Others subclass ``OperationDelegate``.
open class OperationOwner {
  /// The place in the loop's registry; -1 for none.
  final var registryIndex: Int32 = -1

  init() {}

  /// Notified of an answer to one of its operations.
  ///
  /// - Parameters:
  ///   - outcome: The answer; without `hasMore` the last one.
  ///   - lease: The provided buffer that the kernel took, if any.
  func completed(_ outcome: Outcome, lease: consuming BufferLease?) {
    preconditionFailure("an owner of operations is notified of their answers")
  }

  /// Notified, once for each request of it, before the loop submits.
  func beforeSubmit() {
    preconditionFailure("an owner that asks for a turn takes it")
  }

  /// Notified that a wait of a task for it is to end before its time.
  ///
  /// The owner finishes the wait, at once or once the kernel has given back what it uses.
  func cancel(_ wait: WaitID, because cause: WaitEnd) {
    preconditionFailure("an owner that tasks wait for ends their waits")
  }

  /// Whether its requests are of this library's making, so that a wrong one is a mistake in here.
  var isPartOfLibrary: Bool { true }

  /// Looks whether it has been quiet for long (``LoopConfiguration/quietTime``).
  ///
  /// - Returns: Whether it may become so later.
  func lookForQuiet() -> Bool { false }

  /// Closes what it owns, because its loop stops.
  func stop() {}

  /// Takes nothing new and tells those that it serves, because its loop drains.
  func drain() {}

  /// Adds what it has open and what it keeps to its loop's load.
  func add(to load: inout LoopLoad) {}

  /// Whether a task serves a connection of it, by the task's job.
  func isServed(by job: UInt) -> Bool { false }
}
