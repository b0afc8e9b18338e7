// SPDX-License-Identifier: Apache-2.0

extension CompletionLoop {
  /// Suspends the task for a while, on the loop's clock.
  ///
  /// Costs the kernel nothing: the loop's next wait ends in time.
  ///
  /// - Parameter duration: How long to sleep, at least.
  /// - Throws: ``LoopError`` when the task is cancelled, when the loop is stopping, and when the
  ///   task's deadline comes first (``withDeadline(_:_:)``).
  /// - Complexity: O(1), however many timers there are.
  public nonisolated(nonsending) func sleep(for duration: Duration) async throws(LoopError) {
    guard isCurrent else {
      return try await isolation.run { _ throws(LoopError) in try await self.sleepHere(duration) }
    }
    try await sleepHere(duration)
  }

  private nonisolated(nonsending) func sleepHere(_ duration: Duration) async throws(LoopError) {
    // A task that does not heed the end would keep the loop from everything else.
    if isStopping || Task.isCancelled {
      await Task.yield()
      throw LoopError(isStopping ? .stopped : .cancelled)
    }
    let isCutShort = taskDeadline.map { $0 < now + duration } ?? false
    let wait = openWait(for: nil, timeout: duration)
    await suspend(for: wait)
    let result = await takeResult(wait)
    switch WaitEnd(rawValue: result.reason) {
    case .timedOut, nil: if isCutShort { throw LoopError(.timedOut) }
    case .cancelled: throw LoopError(.cancelled)
    case .loopStopped: throw LoopError(.stopped)
    }
  }

  /// Takes the result of a wait, on the loop's thread also where the task has gone on elsewhere.
  ///
  /// A task that an actor with another executor has isolated goes on where that actor runs.
  nonisolated(nonsending) func takeResult(_ id: WaitID) async -> WaitResult {
    if isCurrent { return take(id) }
    return await isolation.run { _ in self.take(id) }
  }
}
