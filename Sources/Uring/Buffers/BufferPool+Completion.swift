// SPDX-License-Identifier: Apache-2.0

extension BufferPool {
  /// Leases the buffer that a completion brings, to be read and given back.
  ///
  /// Take the lease of each completion with a buffer, also of one that failed: its end returns the
  /// buffer to the pool, and ``Ring/provide(from:)`` gives it to the kernel again. A lease may end
  /// on any thread. A buffer that is filled in pieces has a lease for each. Take them in the order
  /// of the completions, because none says where its piece begins.
  ///
  /// A completion does not say which pool its buffer is of: ask the pool whose ``group`` the request
  /// named.
  ///
  /// - Parameter completion: Of a request that selects from this pool, as it was reaped.
  /// - Returns: The lease, of as many bytes as the kernel wrote (a receive of messages may tell
  ///   more); `nil` for a completion without a buffer, and for one that cannot be of this pool now:
  ///   the buffer is not with the kernel, as after an earlier call for the same completion, or there
  ///   is no such buffer, or none so large. `nil` also on another thread than the one that the pool
  ///   is bound to.
  /// - Complexity: O(buffers that have come back and were not provided since)
  public func lease(for completion: Completion) -> BufferLease? {
    guard let index = completion.bufferIndex, isWithKernel(index) else { return nil }
    var byteCount = Int(max(0, completion.result))
    if completion.token.operation == .receiveMessage { byteCount = min(byteCount, bufferSize) }
    guard unsafe Int(filled[Int(index)]) + byteCount <= bufferSize else { return nil }
    // A buffer that is filled in pieces stays with the kernel when nothing has come
    // (io_kbuf_commit, Linux 6.18).
    let keeps = completion.keepsBuffer || (isIncremental && byteCount == 0)
    return lease(index, byteCount: byteCount, kernelKeeps: keeps)
  }

  private func isWithKernel(_ index: UInt16) -> Bool {
    guard isOwnedByCurrentThread, index < capacity,
      unsafe uses[Int(index)] & Self.kernelIsDone == 0
    else { return false }
    return unsafe !UnsafeBufferPointer(start: returned, count: returnedCount).contains(index)
  }
}
