// SPDX-License-Identifier: Apache-2.0

#if NIO
internal import CompletionIO

/// Functions that an event loop runs in the loop's next turn, in order.
///
/// What they add comes a turn later, so that a function that adds itself again keeps no socket
/// waiting.
final class TaskQueue: OperationDelegate, @unchecked Sendable {
  // Unchecked: used on the loop's thread only.

  private var tasks: [() -> Void] = []
  private var running: [() -> Void] = []
  private var stopped: (() -> Void)?

  /// Has a function called when the loop stops.
  ///
  /// - Returns: Whether it will be; the loop may be stopping already.
  func onStop(_ body: @escaping () -> Void) -> Bool {
    guard (try? join()) != nil else { return false }
    stopped = body
    return true
  }

  override func stop() {
    stopped.take()?()
    _ = try? leave()
  }

  func append(_ task: @escaping () -> Void) {
    tasks.append(task)
    askForTurn()
  }

  private func askForTurn() {
    do throws(LoopError) {
      try enlist()
    } catch {
      // The loop has ended: nobody but the caller runs anything any more.
      while !tasks.isEmpty, running.isEmpty { runTasks() }
    }
  }

  override func beforeSubmit() {
    runTasks()
    if !tasks.isEmpty { askForTurn() }
  }

  private func runTasks() {
    swap(&tasks, &running)
    for task in running { task() }
    running.removeAll(keepingCapacity: true)
  }
}
#endif
