// SPDX-License-Identifier: Apache-2.0

internal import Uring

/// Buffers that a kernel without buffer rings was given by request, and had no memory to take.
struct BufferRefusals {
  /// Those that it has not been given again.
  private(set) var buffers: [Range<UInt16>] = []
  /// Refusals since it last took some.
  private var count = 0

  /// Takes note of what the kernel has not taken of the buffers of one request.
  mutating func note(_ refused: Range<UInt16>) {
    if refused.isEmpty { return count = 0 }
    buffers.append(refused)
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
