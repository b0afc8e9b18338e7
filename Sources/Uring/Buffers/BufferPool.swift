// SPDX-License-Identifier: Apache-2.0

internal import CLiburing
internal import CThread
internal import Glibc
internal import Synchronization
public import SystemPackage

/// Memory that the kernel fills: equal buffers, given to it as one group and leased to readers.
///
/// Each buffer is in one place at a time: with the kernel, leased, or returned and waiting to be
/// given to the kernel again. Of a pool that is incremental, the kernel keeps a buffer while it has
/// room: such a buffer is filled, and leased, in pieces. Leases may end on any thread; everything
/// else happens on the thread that the pool is bound to. The pool stays alive while any buffer is
/// leased.
@safe
public final class BufferPool: @unchecked Sendable {
  // Unchecked: `returned`, `uses`, `filled`, `collected`, the counts and the limit belong to the
  // owning thread, `foreign` has a lock, the rest is never written once requests use the pool.

  /// Names the pool in requests that select a buffer.
  public let group: UInt16
  /// How many buffers there are; a power of two.
  public let capacity: Int
  /// Bytes in each buffer.
  public let bufferSize: Int
  /// Whether the kernel fills a buffer in pieces, of one arrival each, until it is full.
  public let isIncremental: Bool

  let entries: UnsafeMutablePointer<curing_kernel_buf_ring>
  private let region: UnsafeMutableRawPointer
  private let entriesByteCount: Int

  let returned: UnsafeMutablePointer<UInt16>
  /// Leases of each buffer that have not ended; with `kernelIsDone` once it is not the kernel's.
  let uses: UnsafeMutablePointer<UInt32>
  /// Bytes of each buffer that are filled, while the kernel has it.
  let filled: UnsafeMutablePointer<UInt32>
  /// In memory, where no access is checked at run time, which would cost each message.
  let counts: UnsafeMutablePointer<Counts>
  /// The owning thread's pthread_t; 0 once there is none.
  ///
  /// Written by the owner, read by all.
  let owner: Atomic<UInt>
  let foreign = Mutex(ForeignReturns())
  /// How many wait in `foreign`; read without its lock.
  let foreignCount = Atomic<Int>(0)
  var collected: [UInt16] = []

  struct Counts {
    /// Buffers that wait to be given to the kernel.
    var returned: Int
    /// Leases that have not ended.
    var leases = 0
    /// Buffers with a lease, also those that the kernel goes on filling.
    var leased = 0
    /// Buffers with a lease that the kernel does not have.
    var taken = 0
    /// How many buffers the kernel may hold; the others wait.
    var kernelLimit = Int.max
  }

  /// Buffers whose leases ended on other threads than the owner's.
  struct ForeignReturns {
    var indices: [UInt16] = []
    /// Set when the owner has gone: nobody will collect.
    var isOrphaned = false
    /// Leases that were left when the owner went.
    var leaseCount = 0
  }

  /// In `uses`: the kernel fills the buffer no more.
  static var kernelIsDone: UInt32 { 1 << 31 }

  /// Called, on any thread, when a buffer came back on another thread than the owner's.
  package var onForeignReturn: (@Sendable () -> Void)?

  /// Makes a pool bound to the calling thread.
  ///
  /// - Parameters:
  ///   - capacity: How many buffers; a power of two up to 32768.
  ///   - bufferSize: Bytes in each; fits in 31 bits.
  ///   - group: The group's number, unique in a ring.
  ///   - isIncremental: Whether the kernel fills a buffer in pieces until it is full (Linux 6.12).
  ///     Receives of messages (``MessageTemplate/receiveMultishot(_:bufferGroup:options:)``)
  ///     need a pool that is not: what is left of a buffer may be too little for one.
  /// - Throws: ENOMEM; EINVAL for a capacity that is not a power of two up to 32768.
  ///
  /// The corresponding kernel flag is `IOU_PBUF_RING_INC` (Linux 6.12).
  public init(
    capacity: Int, bufferSize: Int, group: UInt16 = 0, isIncremental: Bool = false
  ) throws(Errno) {
    let isPowerOfTwo = capacity > 0 && capacity & (capacity - 1) == 0
    guard isPowerOfTwo, capacity <= 32768, bufferSize > 0, bufferSize <= Int(Int32.max) else {
      throw .invalidArgument
    }
    let entriesByteCount = capacity * MemoryLayout<curing_kernel_buf>.size
    let entries = unsafe try Self.map(entriesByteCount)
    do throws(Errno) {
      unsafe region = try Self.map(capacity * bufferSize)
    } catch {
      unsafe munmap(entries, entriesByteCount)
      throw error
    }
    unsafe self.entries = entries.assumingMemoryBound(to: curing_kernel_buf_ring.self)
    self.entriesByteCount = entriesByteCount
    self.capacity = capacity
    self.bufferSize = bufferSize
    self.group = group
    self.isIncremental = isIncremental
    owner = Atomic(cthread_current())
    unsafe uses = .allocate(capacity: capacity)
    unsafe uses.initialize(repeating: 0, count: capacity)
    unsafe filled = .allocate(capacity: capacity)
    unsafe filled.initialize(repeating: 0, count: capacity)
    unsafe returned = .allocate(capacity: capacity)
    for index in 0..<capacity {
      unsafe (returned + index).initialize(to: UInt16(index))
    }
    unsafe counts = .allocate(capacity: 1)
    unsafe counts.initialize(to: Counts(returned: capacity))
  }

  deinit {
    unsafe munmap(region, capacity * bufferSize)
    unsafe munmap(UnsafeMutableRawPointer(entries), entriesByteCount)
    unsafe returned.deallocate()
    unsafe uses.deallocate()
    unsafe filled.deallocate()
    unsafe counts.deallocate()
  }

  /// Page-aligned memory, as a buffer ring needs it, that costs nothing until it is touched.
  private static func map(_ byteCount: Int) throws(Errno) -> UnsafeMutableRawPointer {
    let memory = unsafe mmap(
      nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let memory = unsafe memory, unsafe memory != MAP_FAILED else {
      throw Errno(rawValue: Glibc.errno)
    }
    return unsafe memory
  }

  /// Makes the calling thread the owner.
  package func bindToCurrentThread() {
    owner.store(cthread_current(), ordering: .relaxed)
  }

  /// Whether the calling thread is the owner.
  var isOwnedByCurrentThread: Bool { owner.load(ordering: .relaxed) == cthread_current() }

  /// Where a buffer begins.
  @unsafe
  package func memory(of index: UInt16) -> UnsafeMutableRawPointer {
    assert(index < capacity, "buffer \(index) of \(capacity)")
    return unsafe region + Int(index) * bufferSize
  }
}
