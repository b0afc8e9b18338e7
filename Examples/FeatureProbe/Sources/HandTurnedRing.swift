// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Uring

/// A ring that is entered by hand: no loop, no thread, no policy.
struct HandTurnedRing: ~Copyable {
  private var ring: Ring
  /// How often the kernel was entered.
  var enterCount: UInt64 { ring.enterCount }

  /// Makes a small ring for the calling thread.
  ///
  /// - Throws: `RingSetupError`, which says why there is none and what to do.
  init() throws(RingSetupError) {
    ring = try Ring(RingConfiguration(submissionEntryCount: 8, completionEntryCount: 16))
  }

  /// Lets the kernel take memory from a pool, which outlives every request for it.
  mutating func register(_ pool: BufferPool) throws(Errno) {
    try ring.register(pool)
  }

  /// Takes a pool back from the kernel.
  mutating func unregister(_ pool: BufferPool) throws(Errno) {
    try ring.unregister(pool)
  }

  /// Hands requests over in one system call, and waits for the completion of each.
  ///
  /// Waits without a limit, because memory of a request is the kernel's until its completion.
  ///
  /// - Parameter requests: At most 8, each of which completes once and by itself. Their tokens are
  ///   `#0`, `#1` and so on.
  /// - Returns: The completions, in the order of the requests.
  /// - Throws: The errno of io_uring_enter(2).
  mutating func perform(_ requests: [Request]) throws(Errno) -> [Completion] {
    for (slot, request) in requests.enumerated() {
      let token = Token(slot: slot, generation: 0, operation: request.operation)
      guard ring.prepare(request, token: token) else { throw .noBufferSpace }
    }
    var completions: [Completion] = []
    while completions.count < requests.count {
      do throws(Errno) {
        _ = try ring.enter(minimumCompletionCount: requests.count - completions.count)
      } catch {
        // A signal has ended the wait, and nothing else.
        guard error == .interrupted else { throw error }
      }
      // Old kernels also say which buffers they have taken from a pool.
      completions += reap().filter { $0.token.providedBuffers == nil }
    }
    return completions.sorted { $0.token.slot < $1.token.slot }
  }

  /// Takes the completions that are there.
  private mutating func reap() -> [Completion] {
    let nothing = Completion(token: Token(rawValue: 0), result: 0)
    var batch = [Completion](repeating: nothing, count: 16)
    let count = unsafe batch.withUnsafeMutableBufferPointer { unsafe ring.reap(into: $0) }
    return Array(batch[..<count])
  }
}
