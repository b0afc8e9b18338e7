// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Synchronization

extension BufferPool {
  /// Leases the buffer that a completion names, or the next piece of one that is filled in pieces.
  ///
  /// - Parameters:
  ///   - index: ``Completion/bufferIndex``.
  ///   - byteCount: Bytes that the kernel wrote; 0 for a completion that failed but took a buffer.
  ///   - keeps: ``Completion/keepsBuffer``.
  /// - Returns: The lease. The buffer returns when its last lease has ended and the kernel does not
  ///   have it.
  package func lease(
    _ index: UInt16, byteCount: Int, kernelKeeps keeps: Bool = false
  ) -> BufferLease {
    let slot = Int(index)
    let start = unsafe Int(filled[slot])
    assert(start + byteCount <= bufferSize, "\(byteCount) bytes at \(start) of \(bufferSize)")
    assert(unsafe uses[slot] & Self.kernelIsDone == 0, "buffer \(index) is leased already")
    if unsafe uses[slot] == 0 { leasedCount += 1 }
    unsafe uses[slot] += 1
    // One reference for all leases, so that a lease costs no reference counting.
    if leaseCount == 0 { _ = unsafe Unmanaged.passRetained(self) }
    leaseCount += 1
    if keeps {
      unsafe filled[slot] = UInt32(start + byteCount)
    } else {
      unsafe filled[slot] = 0
      unsafe uses[slot] |= Self.kernelIsDone
      takenCount += 1
    }
    // What is behind the bytes is the kernel's, if it keeps the buffer.
    return unsafe BufferLease(
      pool: self, index: index, base: memory(of: index) + start, byteCount: byteCount,
      capacity: keeps ? byteCount : bufferSize - start)
  }

  /// Takes a buffer back from its lease, on any thread.
  func takeBack(_ index: UInt16) {
    if isOwnedByCurrentThread {
      put(index)
    } else {
      takeBackElsewhere(index)
    }
  }

  private func put(_ index: UInt16) {
    let slot = Int(index)
    // A buffer handed back twice would be filled by the kernel while somebody reads it.
    precondition(
      unsafe uses[slot] & ~Self.kernelIsDone > 0, "buffer \(index) came back twice")
    unsafe uses[slot] -= 1
    if unsafe uses[slot] & ~Self.kernelIsDone == 0 {
      leasedCount -= 1
      if unsafe uses[slot] == Self.kernelIsDone { retire(index) }
    }
    leaseCount -= 1
    if leaseCount == 0 { unsafe Unmanaged.passUnretained(self).release() }
  }

  /// Keeps a buffer that nobody has any more, until it is given to the kernel.
  private func retire(_ index: UInt16) {
    unsafe uses[Int(index)] = 0
    takenCount -= 1
    unsafe returned[returnedCount] = index
    returnedCount += 1
  }

  private func takeBackElsewhere(_ index: UInt16) {
    // Once the buffer is in the list the owner may end the leases' reference at any moment.
    let kept = unsafe Unmanaged.passRetained(self)
    defer { unsafe kept.release() }
    let isLast: Bool? = foreign.withLock { foreign in
      guard foreign.isOrphaned else {
        foreign.indices.append(index)
        return nil
      }
      foreign.leaseCount -= 1
      return foreign.leaseCount == 0
    }
    guard let isLast else {
      foreignCount.add(1, ordering: .releasing)
      onForeignReturn?()
      return
    }
    if isLast { unsafe Unmanaged.passUnretained(self).release() }
  }

  /// Hands out returned buffers, as many as the kernel may hold, and forgets them.
  ///
  /// The last that came back goes first: it is the likeliest to be in the cache.
  ///
  /// - Parameter body: Called with each buffer's index.
  package func takeReturned(_ body: (UInt16) -> Void) {
    if foreignCount.load(ordering: .acquiring) > 0 { collectForeignReturns() }
    var room = kernelLimit - kernelCount
    while room > 0, returnedCount > 0 {
      returnedCount -= 1
      room -= 1
      body(unsafe returned[returnedCount])
    }
  }

  /// Hands out returned buffers as runs of neighbours, oldest first, for as long as they are taken.
  ///
  /// - Parameter body: Called with each run's indices; `false` if it does not take them.
  /// - Complexity: O(buffers returned)
  package func takeReturnedRuns(_ body: (Range<UInt16>) -> Bool) {
    if foreignCount.load(ordering: .acquiring) > 0 { collectForeignReturns() }
    var taken = 0
    while taken < returnedCount {
      let first = unsafe returned[taken]
      var count = 1
      while taken + count < returnedCount, unsafe returned[taken + count] == first + UInt16(count) {
        count += 1
      }
      guard body(first..<(first + UInt16(count))) else { break }
      taken += count
    }
    let rest = returnedCount - taken
    for position in 0..<rest { unsafe returned[position] = unsafe returned[taken + position] }
    returnedCount = rest
  }

  /// Takes back buffers that the kernel was handed and did not take.
  package func takeBackRefused(_ buffers: Range<UInt16>) {
    for index in buffers {
      precondition(returnedCount < capacity, "buffer \(index) was never handed out")
      unsafe returned[returnedCount] = index
      returnedCount += 1
    }
  }

  private func collectForeignReturns() {
    // Swapped, not copied, so that neither array is allocated again.
    foreign.withLock { swap(&$0.indices, &collected) }
    foreignCount.subtract(collected.count, ordering: .relaxed)
    for index in collected { put(index) }
    collected.removeAll(keepingCapacity: true)
  }

  /// Leaves the pool without an owner: leases that are left end wherever they end.
  ///
  /// The owner calls this last, when the kernel has no buffer any more.
  package func disown() {
    owner.store(0, ordering: .relaxed)
    let indices = foreign.withLock { foreign in
      foreign.isOrphaned = true
      foreign.leaseCount = leaseCount - foreign.indices.count
      defer { foreign.indices = [] }
      return foreign.indices
    }
    foreignCount.subtract(indices.count, ordering: .relaxed)
    if leaseCount > 0, leaseCount == indices.count {
      unsafe Unmanaged.passUnretained(self).release()
    }
  }

  /// Buffers that the kernel has, or is about to have.
  package var availableCount: Int { capacity - takenCount }

  /// Leases that have not ended, also when the owner has gone and they end elsewhere.
  package var lentCount: Int {
    foreign.withLock { $0.isOrphaned ? $0.leaseCount : leaseCount }
  }

  /// Buffers that the kernel holds.
  package var kernelCount: Int { capacity - takenCount - returnedCount }

  /// Whether any buffer waits to be given to the kernel, which may have it.
  package var hasReturned: Bool {
    (returnedCount > 0 && kernelCount < kernelLimit)
      || foreignCount.load(ordering: .relaxed) > 0
  }
}

// What belongs to the owning thread.
extension BufferPool {
  var returnedCount: Int {
    get { unsafe counts.pointee.returned }
    set { unsafe counts.pointee.returned = newValue }
  }

  var leaseCount: Int {
    get { unsafe counts.pointee.leases }
    set { unsafe counts.pointee.leases = newValue }
  }

  package internal(set) var leasedCount: Int {
    get { unsafe counts.pointee.leased }
    set { unsafe counts.pointee.leased = newValue }
  }

  var takenCount: Int {
    get { unsafe counts.pointee.taken }
    set { unsafe counts.pointee.taken = newValue }
  }

  /// How many buffers the kernel may hold; the others wait.
  package var kernelLimit: Int {
    get { unsafe counts.pointee.kernelLimit }
    set { unsafe counts.pointee.kernelLimit = newValue }
  }
}
