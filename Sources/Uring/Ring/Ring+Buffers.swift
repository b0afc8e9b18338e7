internal import CLiburing
public import SystemPackage

extension Ring {
  /// Lets the kernel take memory from a pool.
  ///
  /// The pool must outlive every request that selects from its group.
  ///
  /// - Parameter pool: All its buffers are given to the kernel.
  /// - Throws: EINVAL before Linux 5.19, EEXIST if the group is taken, ENOMEM.
  ///
  /// The corresponding C function is `io_uring_register_buf_ring` (Linux 5.19).
  public mutating func register(_ pool: BufferPool) throws(Errno) {
    guard !hidden.contains(.bufferRing) else { throw .invalidArgument }
    let result = unsafe curing_register_buffer_ring(
      cell, pool.entries, UInt32(pool.capacity), pool.group, 0)
    guard result >= 0 else { throw Errno(rawValue: -result) }
    provide(from: pool)
  }

  /// Takes a pool back from the kernel.
  ///
  /// No request may be selecting from it.
  ///
  /// - Throws: EINVAL or ENOENT if the group is not registered.
  ///
  /// The corresponding C function is `io_uring_unregister_buf_ring`.
  public mutating func unregister(_ pool: BufferPool) throws(Errno) {
    let result = unsafe io_uring_unregister_buf_ring(cell, Int32(pool.group))
    guard result >= 0 else { throw Errno(rawValue: -result) }
  }

  /// Gives the kernel every buffer that has come back to a pool, in one store.
  ///
  /// - Complexity: O(buffers returned)
  ///
  /// The corresponding C functions are `io_uring_buf_ring_add` and `io_uring_buf_ring_advance`.
  public mutating func provide(from pool: BufferPool) {
    var count: UInt32 = 0
    let mask = UInt32(pool.capacity - 1)
    pool.takeReturned { index in
      unsafe curing_buffer_ring_add(
        pool.entries, pool.memory(of: index), UInt32(pool.bufferSize), index, mask, count)
      count += 1
    }
    if count > 0 { unsafe curing_buffer_ring_publish(pool.entries, count) }
  }
}
