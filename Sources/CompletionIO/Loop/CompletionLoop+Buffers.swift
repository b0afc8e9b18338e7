// SPDX-License-Identifier: Apache-2.0

internal import Uring

extension CompletionLoop {
  /// Makes a lease of a buffer that the kernel has filled.
  ///
  /// When the pool is nearly empty the bytes move to memory of their own, so that a program that
  /// keeps the leases of one connection, or a peer that reads slowly, does not stop the others.
  func received(_ index: UInt16, byteCount: Int) -> BufferLease {
    core.fill.add(byteCount: byteCount)
    let lease = pool.lease(index, byteCount: byteCount)
    return byteCount > 0 && isShortOfBuffers ? lease.copy() : lease
  }

  /// Whether few buffers are left for the kernel.
  var isShortOfBuffers: Bool { pool.availableCount * 4 < pool.capacity }
}
