// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

/// The memory that the kernel receives into, of one loop.
struct ReceiveMemory {
  /// Buffers of one arrival each: for messages, and for programs' own requests.
  let pool: BufferPool
  /// Buffers of streams: filled in pieces where the kernel can do that, else the same as `pool`.
  let streamPool: BufferPool

  /// Makes the memory; none is touched before the kernel fills it.
  init(_ configuration: LoopConfiguration, _ features: KernelFeatures) throws(RingSetupError) {
    do throws(Errno) {
      pool = try BufferPool(
        capacity: configuration.bufferCount, bufferSize: configuration.bufferSize)
      streamPool = try IncrementalShape(configuration, features)?.makePool() ?? pool
    } catch {
      throw .diagnoseBuffers(
        error, bufferCount: configuration.bufferCount, bufferSize: configuration.bufferSize)
    }
  }

  /// Whether streams have a pool of their own.
  var isDivided: Bool { streamPool.isIncremental }

  /// Each pool, once.
  var pools: [BufferPool] { isDivided ? [pool, streamPool] : [pool] }

  /// The pool that a request names; `nil` for a group that is none of the loop's.
  func pool(of group: UInt16) -> BufferPool? {
    if group == pool.group { return pool }
    return group == streamPool.group ? streamPool : nil
  }

  /// Names the pool of a buffer whose request is forgotten.
  func group(ofStale token: Token) -> UInt16 {
    token.operation == .receive ? streamPool.group : pool.group
  }

  /// Has a closure called, on any thread, when a buffer has come back on another thread.
  func onForeignReturn(_ body: @escaping @Sendable () -> Void) {
    for pool in pools { pool.onForeignReturn = body }
  }

  /// Leaves the pools without an owner.
  func disown() {
    for pool in pools { pool.disown() }
  }
}

/// How a loop's receive memory is divided into buffers that the kernel fills in pieces.
///
/// An arrival at the end of a buffer comes in two pieces, which are two completions and two sends:
/// small buffers cost more than they save. Those that the kernel has go round, so all of them pass
/// through the cache; four of 512 KiB fit into the second level of today's processors.
struct IncrementalShape: Hashable {
  let count: Int
  let byteCount: Int

  /// How many of them the kernel has at once; the others take their turn while these are leased.
  static var kernelLimit: Int { 4 }
  /// With fewer, leases that a program keeps would soon leave the kernel none.
  static var leastCount: Int { 8 }
  /// Names the pool; far from the numbers that programs give theirs.
  static var group: UInt16 { .max }

  /// Divides the configured memory; `nil` if it is too little, or the kernel cannot.
  init?(_ configuration: LoopConfiguration, _ features: KernelFeatures) {
    guard let byteCount = configuration.incrementalBufferSize,
      features.contains(.incrementalBuffers)
    else { return nil }
    let room = configuration.bufferCount * configuration.bufferSize / byteCount
    guard room >= Self.leastCount else { return nil }
    // A buffer ring's size is a power of two up to 32768 (io_uring_register_buf_ring(3)).
    count = min(1 << (Int.bitWidth - 1 - room.leadingZeroBitCount), 32768)
    self.byteCount = byteCount
  }

  func makePool() throws(Errno) -> BufferPool {
    let pool = try BufferPool(
      capacity: count, bufferSize: byteCount, group: Self.group, isIncremental: true)
    pool.kernelLimit = Self.kernelLimit
    return pool
  }
}

extension HomePools {
  init(_ memory: ReceiveMemory) {
    self.init(streams: memory.streamPool.identity, messages: memory.pool.identity)
  }
}
