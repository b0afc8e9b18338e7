// SPDX-License-Identifier: Apache-2.0

internal import Uring

// Buffers on their way to the kernel, and receives that wait for one.
extension LoopCore {
  /// Whether a flight selects from the streams' own pool.
  func isOfStreamPool(_ slot: Int) -> Bool {
    memory.isDivided && table[slot].request.bufferGroup == memory.streamPool.group
  }

  /// Gives returned buffers to the kernel, and lets as many waiting receives try again as there
  /// are buffers.
  ///
  /// The caller passes the pools of ``memory``, so that no reference to them is counted here.
  @inline(__always)
  mutating func feedBuffers<K: Kernel & ~Copyable>(
    from pool: BufferPool, _ streamPool: BufferPool, to kernel: inout K
  ) {
    pool.kernelLimit = fill.bufferLimit
    if !refusals.buffers.isEmpty { kernel.pause(for: refusals.giveBack(to: pool)) }
    if pool.hasReturned { kernel.provide(from: pool) }
    if streamPool.isIncremental, streamPool.hasReturned { kernel.provide(from: streamPool) }
    if !bufferLine.isEmpty || !streamBufferLine.isEmpty { letWaitersTryAgain() }
  }

  @inline(never)
  private mutating func letWaitersTryAgain() {
    for _ in 0..<min(memory.pool.kernelCount, bufferLine.count) {
      enqueue(bufferLine.removeFirst())
    }
    // A buffer that is filled in pieces has something for several.
    for _ in 0..<min(memory.streamPool.kernelCount * 8, streamBufferLine.count) {
      enqueue(streamBufferLine.removeFirst())
    }
  }

  /// Whether a receive waits in line although there is a buffer: those that were let go on before
  /// it have not taken it, or it has come back since.
  var hasBufferForWaiter: Bool {
    (!bufferLine.isEmpty && memory.pool.availableCount > 0)
      || (!streamBufferLine.isEmpty && memory.streamPool.availableCount > 0)
  }
}
