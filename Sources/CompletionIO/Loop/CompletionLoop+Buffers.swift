internal import Uring

extension CompletionLoop {
  /// Whether few buffers are left for the kernel.
  var isShortOfBuffers: Bool { pool.availableCount * 4 < pool.capacity }

  /// Makes a lease of the parts of one that was given up.
  func restoreLease(
    _ index: UInt16, isPooled: Bool, address: UInt, byteCount: Int
  ) -> BufferLease {
    if isPooled { return pool.restoreLease(index, address: address, byteCount: byteCount) }
    return BufferLease(restoring: nil, index: 0, address: address, byteCount: byteCount)
  }
}
