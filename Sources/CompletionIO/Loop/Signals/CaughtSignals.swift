// SPDX-License-Identifier: Apache-2.0

/// Signals to the process that are kept for the program, from now until nobody has this object.
///
/// What the process did with them before (`sigaction`) does not happen meanwhile, so that none is
/// missed between the moment when a program says that it is ready and its wait for the first.
///
/// ```swift
/// let signals = try CaughtSignals([.terminate, .interrupt])
/// print("listening on \(listener.localAddress)")
/// _ = try await group.shutdown(grace: .seconds(10), on: signals)
/// ```
public final class CaughtSignals: Sendable {
  private let claim: SignalHandlers.Claim

  /// Begins to keep signals.
  ///
  /// - Parameter signals: At least one; not SIGKILL or SIGSTOP.
  /// - Throws: ``LoopError`` with EINVAL for signals that cannot be caught, ENOBUFS when the process keeps
  ///   signals for 64 already, or has no descriptors.
  ///
  /// The corresponding C functions are `sigaction` and `eventfd`.
  public init(_ signals: [ProcessSignal]) throws(LoopError) {
    claim = try SignalHandlers.claim(signals)
  }

  deinit { claim.release() }

  /// Takes the next signal, or waits for it.
  ///
  /// A signal that comes several times before it is taken is told once, as signal(7) has it. Of several
  /// that wait one takes it.
  ///
  /// - Parameter loop: Waits.
  /// - Returns: The one that has come; the first in the order of the list if several have.
  /// - Throws: ``LoopError`` with ENOBUFS when there is no room for an operation; when the task is
  ///   cancelled or its deadline passes, and when the loop stops.
  ///
  /// The corresponding C function is `io_uring_prep_poll_add`.
  public nonisolated(nonsending) func next(
    on loop: CompletionLoop
  ) async throws(LoopError) -> ProcessSignal {
    try await loop.isolation.run { [claim] _ throws(LoopError) in
      try await SignalWait.next(of: claim, on: loop)
    }
  }
}
