// SPDX-License-Identifier: Apache-2.0

internal import CLiburing
public import SystemPackage

extension Ring {
  /// Lets the kernel take memory from a pool.
  ///
  /// The pool must outlive every request that selects from its group.
  ///
  /// Before Linux 5.19 the buffers are given by requests; the tokens of their completions say which
  /// (``Token/providedBuffers``).
  ///
  /// - Parameter pool: All its buffers are given to the kernel.
  /// - Throws: EEXIST if the group is taken, ENOMEM; EINVAL for a pool that is incremental where the
  ///   kernel does not know that (``KernelFeature/incrementalBuffers``).
  ///
  /// The corresponding C functions are `io_uring_register_buf_ring` (Linux 5.19; with
  /// `IOU_PBUF_RING_INC` Linux 6.12) and `io_uring_prep_provide_buffers` (Linux 5.7).
  public mutating func register(_ pool: BufferPool) throws(Errno) {
    if pool.isIncremental {
      guard !hidden.contains(.incrementalBuffers) else { throw .invalidArgument }
      try registerRing(of: pool, flags: CURING_PBUF_RING_INC)
    } else if hidden.contains(.bufferRing) {
      providesByRequest = true
    } else {
      do throws(Errno) {
        try registerRing(of: pool, flags: 0)
      } catch .invalidArgument {
        // Of a kernel that does not know the registration (io_uring_register(2)).
        providesByRequest = true
      }
    }
    provide(from: pool)
  }

  private func registerRing(of pool: BufferPool, flags: UInt16) throws(Errno) {
    let result = unsafe curing_register_buffer_ring(
      cell, pool.entries, UInt32(pool.capacity), pool.group, flags)
    guard result >= 0 else { throw Errno(rawValue: -result) }
  }

  /// Takes a pool back from the kernel.
  ///
  /// No request may be selecting from it.
  ///
  /// - Throws: EINVAL or ENOENT if the group is not registered.
  ///
  /// The corresponding C function is `io_uring_unregister_buf_ring`.
  public mutating func unregister(_ pool: BufferPool) throws(Errno) {
    guard !providesByRequest || pool.isIncremental else { return }
    let result = unsafe io_uring_unregister_buf_ring(cell, Int32(pool.group))
    guard result >= 0 else { throw Errno(rawValue: -result) }
  }

  /// Gives the kernel the buffers that have come back to a pool, in one store.
  ///
  /// - Complexity: O(buffers returned)
  ///
  /// The corresponding C functions are `io_uring_buf_ring_add` and `io_uring_buf_ring_advance`.
  public mutating func provide(from pool: BufferPool) {
    guard !providesByRequest || pool.isIncremental else { return provideByRequest(from: pool) }
    var count: UInt32 = 0
    let mask = UInt32(pool.capacity - 1)
    pool.takeReturned { index in
      unsafe curing_buffer_ring_add(
        pool.entries, pool.memory(of: index), UInt32(pool.bufferSize), index, mask, count)
      count += 1
    }
    if count > 0 { unsafe curing_buffer_ring_publish(pool.entries, count) }
  }

  /// Gives buffers by one request for each run of neighbours; what finds no room in the submission
  /// queue stays with the pool until the next time.
  private mutating func provideByRequest(from pool: BufferPool) {
    pool.takeReturnedRuns { run in
      guard let entry = unsafe curing_get_sqe(cell) else { return false }
      unsafe curing_prep_provide_buffers(
        entry, pool.memory(of: run.lowerBound), Int32(pool.bufferSize), Int32(run.count),
        pool.group, run.lowerBound)
      unsafe curing_set_token(entry, Token.bufferProvision(of: run).rawValue)
      return true
    }
  }
}
