// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

/// A task's wait for a signal: a poll of the descriptor that the signal's handler writes to.
final class SignalWait: OperationOwner {
  private let loop: CompletionLoop
  private let claim: SignalHandlers.Claim
  private var id = WaitID(slot: 0, generation: 0)
  private var token: Token?

  private init(_ claim: SignalHandlers.Claim, on loop: CompletionLoop) {
    self.claim = claim
    self.loop = loop
    super.init()
    id = loop.openWait(for: self, timeout: nil)
  }

  /// Waits for the next signal, on the loop's thread.
  static nonisolated(nonsending) func next(
    of claim: SignalHandlers.Claim, on loop: CompletionLoop
  ) async throws(LoopError) -> ProcessSignal {
    while true {
      // What comes behind this look makes the descriptor readable again.
      claim.event.reset()
      if let signal = claim.takeReceived() { return signal }
      guard !loop.isStopping else { throw LoopError(.stopped) }
      let wait = SignalWait(claim, on: loop)
      wait.poll()
      await loop.suspend(for: wait.id)
      let result = await loop.takeResult(wait.id)
      if result.code >= 0 { continue }
      if let signal = claim.takeReceived() { return signal }
      switch WaitEnd(rawValue: result.reason) {
      case .timedOut: throw LoopError(.timedOut)
      case .cancelled: throw LoopError(.cancelled)
      case .loopStopped: throw LoopError(.stopped)
      case nil: throw LoopError(.tableFull)
      }
    }
  }

  private func poll() {
    let readable: UInt32 = 0x1  // POLLIN (poll(2)).
    token = loop.begin(
      .poll(.file(claim.event.descriptor), mask: readable), policy: .completion, owner: self)
    if token == nil { end(UInt8.max) }
  }

  private func end(_ reason: UInt8) {
    loop.finish(id, WaitResult(code: -Errno.canceled.rawValue, reason: reason))
  }

  override func completed(_ outcome: Outcome, lease: consuming BufferLease?) {
    token = nil
    if outcome.result >= 0 { return loop.finish(id) }
    end(loop.isStopping ? WaitEnd.loopStopped.rawValue : WaitEnd.cancelled.rawValue)
  }

  override func cancel(_ wait: WaitID, because cause: WaitEnd) {
    end(cause.rawValue)
    // The kernel refers to the descriptor's file until then, whoever closes the descriptor.
    if let token { loop.core.cancel(token) }
  }
}

extension CompletionLoop {
  /// Waits for a signal to the process.
  ///
  /// While it waits, what the process did with these signals before (`sigaction`) does not happen; it
  /// holds again behind this call. So a second signal while the program ends, which nobody waits for
  /// any more, ends it at once, unless the program has something else done. Several waits for a
  /// signal are all told.
  ///
  /// A signal to the process comes to any thread that does not block it (`pthread_sigmask`), which as
  /// a rule is the main thread: the threads of Swift's own pool block every signal. A process all of
  /// whose threads block it does not learn of it, nor of one that is sent to such a thread (`raise`).
  ///
  /// A signal that comes before this call does what the process did with it before: a program that tells
  /// others that it is ready, and may be ended from then on, has ``CaughtSignals`` first.
  ///
  /// - Parameter signals: At least one; not SIGKILL or SIGSTOP.
  /// - Returns: The one that has come; the first in order if several have.
  /// - Throws: ``LoopError`` with EINVAL for signals that cannot be waited for, ENOBUFS when there are
  ///   64 waits in the process, no descriptors, or no room for an operation; when the task is
  ///   cancelled or its deadline passes, and when the loop stops.
  ///
  /// The corresponding C functions are `sigaction`, `eventfd` and `io_uring_prep_poll_add`.
  public nonisolated(nonsending) func waitForSignal(
    _ signals: [ProcessSignal]
  ) async throws(LoopError) -> ProcessSignal {
    try await isolation.run { _ throws(LoopError) in
      guard !isStopping else { throw LoopError(.stopped) }
      let claim = try SignalHandlers.claim(signals)
      defer { claim.release() }
      return try await SignalWait.next(of: claim, on: self)
    }
  }
}
