// SPDX-License-Identifier: Apache-2.0

/// Work that a loop does later, once or again and again: ``CompletionLoop/schedule(after:_:)``.
///
/// The loop keeps it until it is done or cancelled, so the value may be dropped.
public final class ScheduledWork: OperationOwner, @unchecked Sendable {
  // Unchecked: what changes is used on the loop's thread only.

  /// The loop that does the work.
  public let loop: CompletionLoop
  /// The work, until there is no more of it.
  private var body: (@Sendable () -> Void)?
  /// The time from one call to the next, in nanoseconds; 0 for a single call.
  private let interval: UInt64
  private var next: LoopInstant
  private var wait: WaitID?

  init(
    on loop: CompletionLoop, at first: LoopInstant, every interval: Duration?,
    _ body: @escaping @Sendable () -> Void
  ) {
    self.loop = loop
    self.body = body
    self.interval = interval.map { UInt64(max($0, .microseconds(1)).clampedNanoseconds) } ?? 0
    next = first
    super.init()
    loop.perform { [self] in begin() }
  }

  /// Cancels the work; may be called on any thread, and more than once.
  ///
  /// On the loop's thread the work is not called any more behind this. From another thread one call
  /// may be under way.
  public func cancel() {
    loop.perform { [self] in end() }
  }

  private func begin() {
    guard body != nil, !loop.isStopping else { return end() }
    loop.registry.add(self)
    wait = loop.openWait(for: self, until: next)
  }

  private func end() {
    body = nil
    if let wait {
      self.wait = nil
      loop.discard(wait)
    }
    loop.registry.remove(self)
  }

  override func cancel(_ wait: WaitID, because cause: WaitEnd) {
    self.wait = nil
    loop.discard(wait)
    guard cause == .timedOut, let body else { return end() }
    guard interval > 0 else {
      end()
      return body()
    }
    skipTo(loop.now)
    body()
    guard self.body != nil, !loop.isStopping else { return end() }
    self.wait = loop.openWait(for: self, until: next)
  }

  /// Moves on by as many intervals as bring the next call behind an instant.
  private func skipTo(_ now: LoopInstant) {
    let late = now.nanoseconds - min(next.nanoseconds, now.nanoseconds)
    let steps = (late / interval + 1).multipliedReportingOverflow(by: interval)
    next = next + .nanoseconds(Int64(clamping: steps.overflow ? .max : steps.partialValue))
  }

  override func stop() {
    end()
  }
}

extension CompletionLoop {
  /// Calls a function on the loop's thread after a time; may be called on any thread.
  ///
  /// A loop that is stopping calls nothing: the function is dropped.
  ///
  /// - Parameters:
  ///   - duration: How long after this call, at least; less than nothing is nothing.
  ///   - body: Called once, on the loop's thread.
  /// - Returns: What cancels it; may be dropped.
  /// - Complexity: O(1), however many timers there are.
  @discardableResult
  public func schedule(
    after duration: Duration, _ body: @escaping @Sendable () -> Void
  ) -> ScheduledWork {
    ScheduledWork(on: self, at: now + max(duration, .zero), every: nil, body)
  }

  /// Calls a function on the loop's thread again and again; may be called on any thread.
  ///
  /// The calls are due at the first instant and at whole intervals behind it, so that they do not
  /// drift. A call that comes late, because the loop was busy, moves no other; calls that were due
  /// before it are left out, so that they never come in a bunch. It ends when it is cancelled and
  /// when the loop stops.
  ///
  /// - Parameters:
  ///   - interval: The time from one call to the next; at least a microsecond.
  ///   - first: How long after this call the first comes; an interval if `nil`.
  ///   - body: Called on the loop's thread each time.
  /// - Returns: What cancels it; may be dropped.
  /// - Complexity: O(1) a call of the function, however many timers there are.
  @discardableResult
  public func schedule(
    every interval: Duration, after first: Duration? = nil, _ body: @escaping @Sendable () -> Void
  ) -> ScheduledWork {
    ScheduledWork(on: self, at: now + max(first ?? interval, .zero), every: interval, body)
  }
}
