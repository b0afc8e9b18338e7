internal import CLiburing
internal import Glibc
internal import Synchronization
public import SystemPackage

/// Memory that the kernel fills: equal buffers, given to it as one group and leased to readers.
///
/// Each buffer is in one place at a time: with the kernel, leased, or returned and waiting to be
/// given to the kernel again. Leases may end on any thread; everything else happens on the thread
/// that the pool is bound to.
@safe
public final class BufferPool: @unchecked Sendable {
  // Unchecked: `returned` and `isLeased` belong to the owning thread, `foreignReturns` has a lock,
  // the rest is never written after `init`.

  /// Names the pool in requests that select a buffer.
  public let group: UInt16
  /// How many buffers there are; a power of two.
  public let capacity: Int
  /// Bytes in each buffer.
  public let bufferSize: Int

  let entries: UnsafeMutablePointer<curing_kernel_buf_ring>
  private let region: UnsafeMutableRawPointer
  private let entriesByteCount: Int

  private let returned: UnsafeMutablePointer<UInt16>
  private var returnedCount: Int
  private let isLeased: UnsafeMutablePointer<Bool>
  private var owner: pthread_t
  private let foreignReturns = Mutex<[UInt16]>([])
  private let foreignReturnCount = Atomic<Int>(0)

  /// Called, on any thread, when a buffer came back on another thread than the owner's.
  package var onForeignReturn: (@Sendable () -> Void)?

  /// Makes a pool bound to the calling thread.
  ///
  /// - Parameters:
  ///   - capacity: How many buffers; a power of two up to 32768.
  ///   - bufferSize: Bytes in each.
  ///   - group: The group's number, unique in a ring.
  /// - Throws: ENOMEM; EINVAL for a capacity that is not a power of two up to 32768.
  public init(capacity: Int, bufferSize: Int, group: UInt16 = 0) throws(Errno) {
    let isPowerOfTwo = capacity > 0 && capacity & (capacity - 1) == 0
    guard isPowerOfTwo, capacity <= 32768, bufferSize > 0 else { throw .invalidArgument }
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
    owner = pthread_self()
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
    owner = pthread_self()
  }

  func memory(of index: UInt16) -> UnsafeMutableRawPointer {
    assert(index < capacity, "buffer \(index) of \(capacity)")
    return unsafe region + Int(index) * bufferSize
  }
}

extension BufferPool {
  /// Leases the buffer that a completion names.
  ///
  /// - Parameters:
  ///   - index: ``Completion/bufferIndex``.
  ///   - byteCount: Bytes that the kernel wrote; 0 for a completion that failed but took a buffer.
  package func lease(_ index: UInt16, byteCount: Int) -> BufferLease {
    assert(byteCount <= bufferSize, "\(byteCount) bytes in a buffer of \(bufferSize)")
    assert(unsafe !isLeased[Int(index)], "buffer \(index) is leased already")
    unsafe isLeased[Int(index)] = true
    return unsafe BufferLease(
      pool: self, index: index, start: memory(of: index), byteCount: byteCount)
  }

  /// Takes a buffer back from its lease, on any thread.
  func takeBack(_ index: UInt16) {
    guard pthread_self() == owner else {
      foreignReturns.withLock { $0.append(index) }
      foreignReturnCount.add(1, ordering: .releasing)
      onForeignReturn?()
      return
    }
    put(index)
  }

  private func put(_ index: UInt16) {
    // A buffer handed back twice would be filled by the kernel while somebody reads it.
    precondition(unsafe isLeased[Int(index)], "buffer \(index) came back twice")
    unsafe isLeased[Int(index)] = false
    unsafe returned[returnedCount] = index
    returnedCount += 1
  }

  /// Hands out every returned buffer, oldest first, and forgets them.
  package func takeReturned(_ body: (UInt16) -> Void) {
    if foreignReturnCount.load(ordering: .acquiring) > 0 { collectForeignReturns() }
    for position in 0..<returnedCount { body(unsafe returned[position]) }
    returnedCount = 0
  }

  private func collectForeignReturns() {
    let indices = foreignReturns.withLock { queue in
      let all = queue
      queue.removeAll(keepingCapacity: true)
      return all
    }
    foreignReturnCount.subtract(indices.count, ordering: .relaxed)
    for index in indices { put(index) }
  }

  /// Whether any buffer waits to be given to the kernel.
  package var hasReturned: Bool {
    returnedCount > 0 || foreignReturnCount.load(ordering: .relaxed) > 0
  }
}
