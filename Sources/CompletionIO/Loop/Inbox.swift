// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// Messages of other threads to a loop.
///
/// The wake-up protocol: a sender first adds its message, then looks at `isAsleep`; the loop first
/// sets `isAsleep`, then looks for messages, and only then waits. Both sides are sequentially
/// consistent, so at least one of them sees the other: either the loop finds the message and does
/// not wait, or the sender finds the loop asleep and wakes it.
final class Inbox: Sendable {
  /// A message to the loop.
  enum Message: Sendable {
    /// Runs a job of the Swift concurrency runtime.
    case job(UnownedJob, isSerial: Bool)
    /// Calls a function on the loop's thread.
    case call(@Sendable () -> Void)
  }

  private struct Contents {
    var messages: [Message] = []
    var isClosed = false
  }

  private let contents = Mutex(Contents())
  /// Written under the lock of `contents`, read by the loop without it.
  private let count = Atomic<Int>(0)
  /// Written by the loop; a sender that changes it from true to false owes the loop a wake-up.
  private let isAsleep = Atomic<Bool>(false)

  /// Adds a message.
  ///
  /// - Returns: Whether the loop takes messages still, and whether it must be woken.
  func add(_ message: Message) -> (isTaken: Bool, mustWake: Bool) {
    let isTaken = contents.withLock { contents in
      guard !contents.isClosed else { return false }
      contents.messages.append(message)
      count.store(contents.messages.count, ordering: .sequentiallyConsistent)
      return true
    }
    guard isTaken else { return (false, false) }
    return (true, isAsleep.exchange(false, ordering: .sequentiallyConsistent))
  }

  /// Takes all messages out, into an array that keeps its memory.
  func take(into messages: inout [Message]) {
    guard count.load(ordering: .acquiring) > 0 else { return }
    contents.withLock { contents in
      swap(&messages, &contents.messages)
      count.store(0, ordering: .sequentiallyConsistent)
    }
  }

  /// Whether nobody has added a message that the loop has not taken.
  var isEmpty: Bool { count.load(ordering: .acquiring) == 0 }

  /// Announces a wait; `false` if a message has come, so that there must be none.
  func fallAsleep() -> Bool {
    isAsleep.store(true, ordering: .sequentiallyConsistent)
    if count.load(ordering: .sequentiallyConsistent) == 0 { return true }
    isAsleep.store(false, ordering: .sequentiallyConsistent)
    return false
  }

  /// Ends a wait.
  func wakeUp() {
    isAsleep.store(false, ordering: .relaxed)
  }

  /// Refuses messages from now on, unless some are waiting.
  ///
  /// - Parameter end: Called if the inbox is closed, before the first message is refused: whoever is
  ///   refused acts by what it has changed.
  /// - Returns: Whether the inbox is closed.
  func closeIfEmpty(_ end: () -> Void) -> Bool {
    contents.withLock { contents in
      guard contents.messages.isEmpty else { return false }
      contents.isClosed = true
      end()
      return true
    }
  }
}
