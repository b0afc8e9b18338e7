// SPDX-License-Identifier: Apache-2.0

/// Brings tasks that run elsewhere to the loop's thread, for the length of one operation.
actor LoopIsolation {
  private let executor: LoopSerialExecutor

  init(_ executor: LoopSerialExecutor) {
    self.executor = executor
  }

  nonisolated var unownedExecutor: UnownedSerialExecutor {
    unsafe executor.asUnownedSerialExecutor()
  }

  /// Calls a function on the loop's thread, and returns to the caller's executor.
  func run<Result: ~Copyable, Failure: Error>(
    _ body: @Sendable (isolated LoopIsolation) async throws(Failure) -> sending Result
  ) async throws(Failure) -> sending Result {
    try await body(self)
  }
}
