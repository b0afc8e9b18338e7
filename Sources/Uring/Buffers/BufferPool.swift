// SPDX-License-Identifier: Apache-2.0

internal import CLiburing
internal import CThread
internal import Glibc
internal import Synchronization
public import SystemPackage

/// Memory that the kernel fills: equal buffers, given to it as one group and leased to readers.
///
/// Each buffer is in one place at a time: with the kernel, leased, or returned and waiting to be
/// given to the kernel again. Leases may end on any thread; everything else happens on the thread
/// that the pool is bound to. The pool stays alive while any buffer is leased.
@safe
public final class BufferPool: @unchecked Sendable {
  // Unchecked: `returned`, `isLeased`, `collected`, the counts and the limit belong to the owning thread,
  // `foreign` has a lock, the rest is never written once requests use the pool.

  /// Names the pool in requests that select a buffer.
  public let group: UInt16
  /// How many buffers there are; a power of two.
  public let capacity: Int
  /// Bytes in each buffer.
  public let bufferSize: Int

  let entries: UnsafeMutablePointer<curing_kernel_buf_ring>
  private let region: UnsafeMutableRawPointer
  private let entriesByteCount: Int

  let returned: UnsafeMutablePointer<UInt16>
  var returnedCount: Int
  let isLeased: UnsafeMutablePointer<Bool>
  var leasedCount = 0
  /// How many buffers the kernel may hold; the others wait.
  package var kernelLimit = Int.max
  /// The owning thread's pthread_t; 0 once there is none.
  ///
  /// Written by the owner, read by all.
  let owner: Atomic<UInt>
  let foreign = Mutex(ForeignReturns())
  /// How many wait in `foreign`; read without its lock.
  let foreignCount = Atomic<Int>(0)
  var collected: [UInt16] = []

  /// Buffers whose leases ended on other threads than the owner's.
  struct ForeignReturns {
    var indices: [UInt16] = []
    /// Set when the owner has gone: nobody will collect.
    var isOrphaned = false
    /// Leases that were left when the owner went.
    var leasedCount = 0
  }

  /// Called, on any thread, when a buffer came back on another thread than the owner's.
  package var onForeignReturn: (@Sendable () -> Void)?

  /// Makes a pool bound to the calling thread.
  ///
  /// - Parameters:
  ///   - capacity: How many buffers; a power of two up to 32768.
  ///   - bufferSize: Bytes in each; fits in 31 bits.
  ///   - group: The group's number, unique in a ring.
  /// - Throws: ENOMEM; EINVAL for a capacity that is not a power of two up to 32768.
  public init(capacity: Int, bufferSize: Int, group: UInt16 = 0) throws(Errno) {
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
    owner = Atomic(cthread_current())
    unsafe isLeased = .allocate(capacity: capacity)
    unsafe isLeased.initialize(repeating: false, count: capacity)
    unsafe returned = .allocate(capacity: capacity)
    for index in 0..<capacity {
      unsafe (returned + index).initialize(to: UInt16(index))
    }
    returnedCount = capacity
  }

  deinit {
    unsafe munmap(region, capacity * bufferSize)
    unsafe munmap(UnsafeMutableRawPointer(entries), entriesByteCount)
    unsafe returned.deallocate()
    unsafe isLeased.deallocate()
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
