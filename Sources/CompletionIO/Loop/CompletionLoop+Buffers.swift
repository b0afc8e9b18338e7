// SPDX-License-Identifier: Apache-2.0

internal import Uring

extension CompletionLoop {
  /// Makes a lease of what an answer carries; `nil` if that is no buffer.
  ///
  /// When a pool is nearly empty the bytes move to memory of their own, so that a program that
  /// keeps the leases of one connection, or a peer that reads slowly, does not stop the others.
  @inline(__always)
  func received(_ delivery: Delivery) -> BufferLease? {
    guard let index = delivery.outcome.bufferIndex else { return nil }
    let byteCount = Int(max(0, delivery.outcome.result))
    guard delivery.bufferGroup == pool.group else {
      return receivedPiece(index, byteCount, delivery.outcome.flags)
    }
    // The result of a datagram that did not fit may be its whole size.
    let filled = min(byteCount, pool.bufferSize)
    core.fill.add(byteCount: filled)
    let lease = pool.lease(index, byteCount: filled)
    return filled > 0 && pool.isShort ? lease.copy() : lease
  }

  /// Makes a lease of the next piece of a buffer of streams.
  @inline(__always)
  private func receivedPiece(
    _ index: UInt16, _ byteCount: Int, _ flags: Completion.Flags
  ) -> BufferLease? {
    // The kernel leaves a buffer where it is when nothing has come (io_kbuf_commit, Linux 6.18).
    guard streamPool.isIncremental, byteCount > 0 else { return nil }
    let lease = streamPool.lease(
      index, byteCount: byteCount, kernelKeeps: flags.contains(.bufferMore))
    return streamPool.isShort ? lease.copy() : lease
  }
}

extension CompletionLoop {
  /// Buffers with a lease; once the loop has ended, leases.
  var leasedBufferCount: Int {
    hasEnded ? leaseCount : core.memory.pools.reduce(0) { $0 + $1.leasedCount }
  }

  /// Leases of buffers that have not ended, also once the loop has.
  package var leaseCount: Int { core.memory.pools.reduce(0) { $0 + $1.lentCount } }
}

extension BufferPool {
  /// Whether few buffers are left for the kernel.
  var isShort: Bool { availableCount * 4 < capacity }
}
