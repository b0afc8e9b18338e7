// SPDX-License-Identifier: Apache-2.0

internal import CLiburing

extension Ring {
  /// Copies completions out of the queue and gives their places back.
  ///
  /// Nothing that the caller does with the copies happens inside the queue.
  ///
  /// - Parameter batch: Filled from its start.
  /// - Returns: How many were copied; the batch's size means that there may be more.
  /// - Complexity: O(batch)
  @unsafe
  public mutating func reap(into batch: UnsafeMutableBufferPointer<Completion>) -> Int {
    guard let start = batch.baseAddress else { return 0 }
    // `Completion` has the layout of curing_kernel_cqe; a test pins its size and offsets.
    let entries = unsafe UnsafeMutableRawPointer(start)
      .assumingMemoryBound(to: curing_kernel_cqe.self)
    return Int(unsafe curing_reap(cell, entries, UInt32(clamping: batch.count)))
  }

  /// Completions that the kernel had to drop because it had no memory to keep them.
  public var droppedCompletionCount: UInt32 {
    unsafe curing_cq_overflow(cell)
  }

  /// Whether completions wait outside the full queue; the next enter brings them in.
  public var hasOverflow: Bool {
    unsafe curing_sq_flags(cell) & CURING_SQ_CQ_OVERFLOW != 0
  }

  /// Whether work waits to be run by the next enter.
  public var hasPendingTaskWork: Bool {
    unsafe curing_sq_flags(cell) & CURING_SQ_TASKRUN != 0
  }
}
