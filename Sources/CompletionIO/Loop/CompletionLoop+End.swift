// SPDX-License-Identifier: Apache-2.0

internal import Synchronization
internal import Uring

// Stopping: everything is asked to end, and the loop turns until it has.
extension CompletionLoop {
  /// How far a loop's life is.
  enum Life {
    case running
    /// Everything was asked to end; the loop turns until it has.
    case stopping
    /// Nothing will be submitted any more.
    case ended
  }

  /// Whether the loop takes nothing new.
  package var isStopping: Bool { life != .running }

  /// Whether nothing will be submitted any more.
  var hasEnded: Bool { life == .ended }

  /// Readies the loop for its first turn.
  package func prepareToTurn() {
    wakeReader.arm()
  }

  /// Ends a loop that is stopping and has nothing on its way any more.
  ///
  /// - Parameter preparedCount: Requests that its kernel has not taken.
  /// - Returns: Whether the loop has ended: it must not be turned again.
  package func endIfDrained(preparedCount: Int) -> Bool {
    isStopping && isDrained && preparedCount == 0 && endUnlessCalled()
  }

  private var isDrained: Bool {
    guard jobs.isEmpty, enlisted.isEmpty, !core.hasWork, taskCount == 0 else { return false }
    guard operationCount > 0 else { return true }
    if operationCount == 1, wakeReader.isArmed { wakeReader.stop() }
    return false
  }

  /// Whether nothing is on its way but the loop's own wake-up, which a stopping loop cancels last.
  var hasOnlyItself: Bool {
    taskCount == 0 && operationCount <= (wakeReader.isStopping ? 0 : 1)
  }

  /// Ends every operation and connection, then the loop.
  ///
  /// May be called on any thread.
  package func stop() {
    perform { [self] in
      guard life == .running else { return }
      life = .stopping
      registry.stopAll()
      cancelAllOperations()
      cancelAllWaits()
    }
  }

  private func cancelAllOperations() {
    for slot in core.table.slots where core.table[slot].state != .free {
      // A close that is cancelled would leave its descriptor open.
      let token = core.table.token(of: slot)
      if wakeReader.owns(token) || token.operation == .close { continue }
      core.requestCancel(of: slot)
    }
  }

  private func cancelAllWaits() {
    for slot in core.waits.slots {
      if let id = core.waits.open(at: slot) { cancel(id, because: .loopStopped) }
    }
  }

  /// Refuses messages from now on and gives the thread up, unless somebody has called.
  private func endUnlessCalled() -> Bool {
    let hasEnded = inbox.closeIfEmpty {
      life = .ended
      core.memory.disown()
      leftovers.loopEnded()
    }
    if hasEnded { serialExecutor.setLoop(nil) }
    return hasEnded
  }
}
