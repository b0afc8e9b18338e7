// SPDX-License-Identifier: Apache-2.0

@testable import uring_bench

/// Runs blocking work on a thread of its own: tests share the few threads of the concurrency pool,
/// which the engines under test need too.
func onThread<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value
{
  try await withCheckedThrowingContinuation { continuation in
    do {
      try SmallThread.start(stackBytes: 1 << 20) {
        continuation.resume(with: Result { try work() })
      }
    } catch {
      continuation.resume(throwing: error)
    }
  }
}
