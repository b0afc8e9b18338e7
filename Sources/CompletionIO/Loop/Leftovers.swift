// SPDX-License-Identifier: Apache-2.0

internal import CThread
internal import Synchronization

/// Says whose a loop is, and runs what comes to it after its end, one at a time, on the threads
/// that bring it.
///
/// A loop that has ended still has users: connections that are dropped, actors and tasks that run
/// on it. Whoever brings work while another thread runs some leaves it to that thread, so that no
/// lock is held while foreign code runs.
final class Leftovers: Sendable {
  private struct State {
    var bodies: [@Sendable () -> Void] = []
    var isRunning = false
  }

  private let state = Mutex(State())
  /// The loop's own thread, then that which runs leftovers; 0 for none.
  private let thread = Atomic<UInt>(cthread_current())

  /// Whether the calling thread is the loop's, or runs its leftovers.
  @inline(__always)
  var isCurrent: Bool { cthread_current() == thread.load(ordering: .relaxed) }

  /// Takes note that the loop's own thread has ended it; its identifier will be another thread's.
  func loopEnded() {
    thread.store(0, ordering: .relaxed)
  }

  /// Calls a function, and those that are added meanwhile, unless another call is doing so.
  ///
  /// - Parameter body: Called on this thread or on the one that is running leftovers.
  func add(_ body: @escaping @Sendable () -> Void) {
    let isRunner = state.withLock { state in
      state.bodies.append(body)
      defer { state.isRunning = true }
      return !state.isRunning
    }
    guard isRunner else { return }
    while let next = next() {
      thread.store(cthread_current(), ordering: .relaxed)
      next()
      thread.store(0, ordering: .relaxed)
    }
  }

  private func next() -> (@Sendable () -> Void)? {
    state.withLock { state in
      if state.bodies.isEmpty {
        state.isRunning = false
        return nil
      }
      return state.bodies.removeFirst()
    }
  }
}
