internal import Uring

/// Buffers that a kernel without buffer rings was given by request, and had no memory to take.
struct BufferRefusals {
  /// Those that it has not been given again.
  private(set) var buffers: [Range<UInt16>] = []
  /// Refusals since it last took some.
  private var count = 0

  /// Takes note of what came of a request.
  ///
  /// - Parameters:
  ///   - run: The buffers that it was to give.
  ///   - result: Its result: how many were taken, 0 for all, or -ENOMEM (io_provide_buffers, Linux
  ///     5.13 to 5.18).
  mutating func settle(_ run: Range<UInt16>, result: Int32) {
    let takenCount = result == 0 ? run.count : max(0, min(Int(result), run.count))
    if takenCount == run.count { return count = 0 }
    buffers.append(run.dropFirst(takenCount))
    count += 1
  }

  /// Gives the buffers back to their pool, which will offer them to the kernel again.
  ///
  /// - Returns: How long to wait before that: doubled up to some 8 ms, because asking at once would
  ///   spin.
  mutating func giveBack(to pool: BufferPool) -> Duration {
    for run in buffers { pool.takeBackRefused(run) }
    buffers.removeAll(keepingCapacity: true)
    return .microseconds(1 << min(count, 13))
  }
}
