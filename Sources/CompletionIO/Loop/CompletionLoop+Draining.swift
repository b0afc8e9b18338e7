// SPDX-License-Identifier: Apache-2.0

// Draining: nothing new is accepted, and what runs comes to its own end.
extension CompletionLoop {
  /// Whether nothing runs that draining waits for.
  private var isQuiet: Bool {
    taskCount == 0 && acceptedCount == 0 && datagramServiceCount == 0
  }

  /// Connections that were accepted and are not closed, or whose tasks have not ended, and services
  /// of datagrams that are not closed.
  private var guestCount: Int { max(taskCount, acceptedCount) + datagramServiceCount }

  /// Closes the loop's listeners, tells accepted connections so, ends the receiving of services of
  /// datagrams, and opens a wait for the last of them; on the loop's thread.
  ///
  /// - Parameter grace: How long the wait lasts at most.
  /// - Returns: The wait; `nil` if there is nothing to wait for.
  func startDraining(grace: Duration) -> WaitID? {
    guard !isStopping else { return nil }
    for owner in registry.all { owner.drain() }
    guard !isQuiet else { return nil }
    let wait = openWait(for: nil, timeout: grace)
    drainWaits.append(wait)
    return wait
  }

  /// Waits until the loop has drained, or the grace is over; on the loop's thread.
  ///
  /// - Returns: How many connections and services of datagrams are left.
  nonisolated(nonsending) func finishDraining(_ wait: WaitID) async -> Int {
    await suspend(for: wait)
    _ = take(wait)
    drainWaits.removeAll { $0 == wait }
    return guestCount
  }

  /// Takes note of an end that draining may have waited for.
  func finishDrainingIfQuiet() {
    guard !drainWaits.isEmpty, isQuiet else { return }
    for wait in drainWaits { finish(wait) }
  }
}
