// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// A loop as the executor of actors.
///
/// Jobs of actors must run under the actor's executor, those of tasks under the task's; that is why
/// a loop is two executors on one thread.
///
/// ```swift
/// actor Counter {
///   let executor: LoopSerialExecutor        // loop.serialExecutor
///   nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
/// }
/// ```
///
/// An actor may outlive the loop: from the loop's end on, its jobs run one at a time on the threads
/// that call it.
public final class LoopSerialExecutor: SerialExecutor, Sendable {
  /// The loop until its end, which keeps the loop alive for an actor that is called before.
  private let loop = Mutex<CompletionLoop?>(nil)
  private let leftovers: Leftovers

  init(_ leftovers: Leftovers) {
    self.leftovers = leftovers
  }

  /// Says whose executor it is; `nil` once the loop has ended, which would stay alive for ever
  /// otherwise.
  func setLoop(_ loop: CompletionLoop?) {
    self.loop.withLock { $0 = loop }
  }

  /// Adds an actor's job.
  ///
  /// - Parameter job: Runs on the loop's thread; on the calling thread once the loop has ended.
  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    if let loop = loop.withLock({ $0 }) { return loop.add(job, isSerial: true) }
    leftovers.add { [self] in run(job) }
  }

  /// Runs a job on the calling thread.
  func run(_ job: UnownedJob) {
    unsafe job.runSynchronously(on: asUnownedSerialExecutor())
  }

  /// Whether the calling thread is the loop's.
  public func isIsolatingCurrentContext() -> Bool? {
    leftovers.isCurrent
  }
}
