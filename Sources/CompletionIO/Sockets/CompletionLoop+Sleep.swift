internal import Synchronization
internal import Uring

extension CompletionLoop {
  /// Suspends the task for a while, on the loop's clock.
  ///
  /// Costs the kernel nothing: the loop's next wait ends in time.
  ///
  /// - Parameter duration: How long to sleep, at least.
  /// - Throws: ``SocketError`` with ECANCELED when the task is cancelled, ESHUTDOWN when the loop is
  ///   stopping, ENOBUFS when it has as many operations on their way as it may have.
  /// - Complexity: O(log n) for n timers.
  public func sleep(for duration: Duration) async throws(SocketError) {
    let sleeper = Sleeper()
    let outcome = await withTaskCancellationHandler {
      unsafe await withUnsafeContinuation { continuation in
        perform { [self] in unsafe sleeper.start(duration, on: self, continuation) }
      }
    } onCancel: {
      perform { [self] in sleeper.cancel(on: self) }
    }
    guard outcome.result < 0 else { return }
    if sleeper.isCancelled { throw .cancelled(.operation) }
    throw outcome.attempts == 0 ? .tableFull(.operation) : .loopStopped(.operation)
  }
}

/// One sleep on its way.
private final class Sleeper: @unchecked Sendable {
  // Unchecked: `token` is used on the loop's thread only.
  private var token: Token?
  private let cancelled = Atomic<Bool>(false)

  var isCancelled: Bool { cancelled.load(ordering: .relaxed) }

  func start(
    _ duration: Duration, on loop: CompletionLoop,
    _ continuation: UnsafeContinuation<Outcome, Never>
  ) {
    let idle = Token(rawValue: 0)
    guard !isCancelled, !loop.isStopping else {
      return unsafe continuation.resume(returning: Outcome(token: idle, result: -1))
    }
    token = unsafe loop.begin(
      .timer, policy: .completion, timeout: duration, owner: Suspension(continuation))
    if token == nil {
      unsafe continuation.resume(returning: Outcome(token: idle, result: -1, attempts: 0))
    }
  }

  func cancel(on loop: CompletionLoop) {
    cancelled.store(true, ordering: .relaxed)
    if let token { loop.end(token) }
  }
}
