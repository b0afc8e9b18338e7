// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// Counts the loops of a group that have not ended.
final class GroupLifetime: Sendable {
  private struct State {
    var count: Int
    var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
    var lastWaiter = 0
  }

  private let state: Mutex<State>

  init(_ count: Int) {
    state = Mutex(State(count: count))
  }

  func loopEnded() {
    let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>] in
      state.count -= 1
      guard state.count == 0 else { return [] }
      defer { state.waiters = [:] }
      return Array(state.waiters.values)
    }
    for waiter in waiters { waiter.resume() }
  }

  /// Returns when the last loop has ended.
  func end() async {
    await wait(as: newWaiter()) { false }
  }

  /// Returns when the last loop has ended, or the calling task is cancelled.
  func endUnlessCancelled() async {
    let waiter = newWaiter()
    await withTaskCancellationHandler {
      await wait(as: waiter) { Task.isCancelled }
    } onCancel: {
      state.withLock { $0.waiters.removeValue(forKey: waiter) }?.resume()
    }
  }

  private func newWaiter() -> Int {
    state.withLock { state in
      state.lastWaiter += 1
      return state.lastWaiter
    }
  }

  private func wait(as waiter: Int, unless isCancelled: () -> Bool) async {
    await withCheckedContinuation { continuation in
      let isOver = state.withLock { state in
        // A cancellation that comes from now on finds the waiter.
        if state.count == 0 || isCancelled() { return true }
        state.waiters[waiter] = continuation
        return false
      }
      if isOver { continuation.resume() }
    }
  }
}
