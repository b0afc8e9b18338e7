// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

extension CompletionLoop {
  /// The time on the loop's clock; may be read on any thread.
  ///
  /// The corresponding C function is `clock_gettime` with `CLOCK_MONOTONIC`.
  public var now: LoopInstant { LoopInstant(nanoseconds: clock()) }

  /// Runs a body whose waits on this loop end at an instant, at the latest.
  ///
  /// A wait that has not ended by then throws ETIMEDOUT with the cause `.timeout`, and so does each
  /// that the body begins later: nothing is sent then, and bytes that have come stay for a later
  /// receive. The body goes on; it may tell its peer behind the scope. Tasks that the body starts
  /// have the deadline too, detached ones not. In a scope within another the earlier deadline counts.
  ///
  /// ```swift
  /// try await loop.withDeadline(loop.now + .seconds(10)) {
  ///   try await connection.send(request)
  ///   return try await readAnswer(connection)
  /// }
  /// ```
  ///
  /// A lease that is queued without a wait is not held up (``StreamConnection/enqueue(_:timeout:)``),
  /// and the end of a close comes when it comes.
  ///
  /// - Parameters:
  ///   - deadline: When the waits end; one that has passed ends each at once.
  ///   - body: Called at once, in the calling task.
  /// - Returns: What the body returns.
  /// - Throws: What the body throws.
  public nonisolated(nonsending) func withDeadline<Value, Failure: Error>(
    _ deadline: LoopInstant,
    _ body: nonisolated(nonsending) () async throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    deadlineScopeCount.add(1, ordering: .relaxed)
    defer { deadlineScopeCount.subtract(1, ordering: .relaxed) }
    let scope = DeadlineScope(deadline, on: self, in: DeadlineScope.current)
    let result: Result<Value, Failure> = await DeadlineScope.$current.withValue(scope) {
      do throws(Failure) {
        return .success(try await body())
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// The deadline of the calling task on this loop, if it has one.
  var taskDeadline: LoopInstant? {
    // So that a task without a deadline looks nothing up.
    guard hasDeadlines else { return nil }
    return DeadlineScope.current?.deadline(on: self)
  }

  /// Whether any task has a deadline on this loop.
  ///
  /// Asked first, where each message passes: a call would count a reference to the loop.
  @inline(__always)
  var hasDeadlines: Bool { deadlineScopeCount.load(ordering: .relaxed) > 0 }

  /// Whether the deadline of the calling task has passed.
  var isPastTaskDeadline: Bool { taskDeadline.map { $0 <= now } ?? false }

  /// Ends a wait of the calling task at its deadline, if it has one; on the loop's thread.
  func limitByDeadline(_ id: WaitID) {
    guard core.waits.isOpen(id), let deadline = taskDeadline else { return }
    if deadline <= now {
      core.statistics.deadlines += 1
      // Before the loop submits what the wait is for.
      return cancel(id, because: .timedOut)
    }
    core.waits[id].hasDeadline = true
    core.freshTimeouts.append(
      LoopCore.FreshTimeout(
        subject: .wait(id), nanoseconds: deadline.nanoseconds, isInstant: true))
  }
}

/// A deadline of a task, and of the tasks that it starts.
final class DeadlineScope: Sendable {
  @TaskLocal static var current: DeadlineScope?

  private let instant: LoopInstant
  private let loop: ObjectIdentifier
  private let outer: DeadlineScope?

  init(_ instant: LoopInstant, on loop: CompletionLoop, in outer: DeadlineScope?) {
    self.loop = ObjectIdentifier(loop)
    self.outer = outer
    self.instant = min(instant, outer?.deadline(on: loop) ?? instant)
  }

  /// The earliest deadline on a loop.
  func deadline(on loop: CompletionLoop) -> LoopInstant? {
    self.loop == ObjectIdentifier(loop) ? instant : outer?.deadline(on: loop)
  }
}
