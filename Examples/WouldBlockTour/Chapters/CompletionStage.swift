// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Synchronization
import SystemPackage
import Uring

/// Runs single operations on a loop under one policy.
struct CompletionStage {
  let loop: CompletionLoop
  let policy: ResubmissionPolicy

  /// Starts an operation and, once it has met "not now" and goes on, does what it waits for.
  ///
  /// - Parameters:
  ///   - request: Would block.
  ///   - event: Lets it go on; not called when the answer comes at once.
  /// - Returns: How it ended.
  /// - Throws: What `event` throws.
  func run<Ignored>(
    _ request: Request, until event: () throws -> Ignored
  ) async throws -> Outcome {
    let before = await waitCount()
    let operation = perform(request)
    while operation.current == nil, await waitCount() == before { await Task.yield() }
    guard operation.current == nil else { return await operation.outcome() }
    let kept = try event()
    let outcome = await operation.outcome()
    withExtendedLifetime(kept) {}
    return outcome
  }

  /// Starts an operation.
  func perform(_ request: Request) -> PendingOperation {
    let operation = PendingOperation()
    loop.perform { [loop, policy] in
      let handler = OperationHandler { outcome, _ in operation.finish(outcome) }
      do throws(LoopError) {
        _ = try unsafe loop.submit(request, policy: policy, handler: handler)
      } catch {
        preconditionFailure("an idle loop takes an operation, but: \(error)")
      }
    }
    return operation
  }

  /// How often the loop has begun to wait for something, by what its policy does about it.
  private func waitCount() async -> UInt64 {
    await withCheckedContinuation { continuation in
      loop.perform { [loop, policy] in
        let statistics = loop.statistics
        let count =
          switch policy {
          case .completion: statistics.submissions
          case .backoff: statistics.count(of: .backOff)
          case .nonblocking, .retry: UInt64(0)
          }
        continuation.resume(returning: count + statistics.count(of: .awaitWritability))
      }
    }
  }

  /// What an outcome says.
  func story(of outcome: Outcome, waitingUntil event: String) -> String {
    if let error = outcome.error {
      let tries = outcome.attempts > 1 ? "after \(outcome.attempts) tries" : "at once"
      return "answers \(tries): \(error.inFull)"
    }
    switch (policy, outcome.token.operation) {
    case (.completion, _): return "waits in the kernel until \(event)"
    case (_, .connect): return "is never begun twice: the loop waits until \(event)"
    case (.backoff, _): return "sleeps and tries again until \(event)"
    default: return "is done at once"
    }
  }
}

/// An operation whose end is waited for.
final class PendingOperation: Sendable {
  private struct State {
    var outcome: Outcome?
    var waiter: CheckedContinuation<Outcome, Never>?
  }

  private let state = Mutex(State())

  /// How it ended, if it has.
  var current: Outcome? { state.withLock { $0.outcome } }

  func finish(_ outcome: Outcome) {
    let waiter = state.withLock { state in
      state.outcome = outcome
      return state.waiter
    }
    waiter?.resume(returning: outcome)
  }

  func outcome() async -> Outcome {
    await withCheckedContinuation { continuation in
      let outcome = state.withLock { state in
        if state.outcome == nil { state.waiter = continuation }
        return state.outcome
      }
      if let outcome { continuation.resume(returning: outcome) }
    }
  }
}
