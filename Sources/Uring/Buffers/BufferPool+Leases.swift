// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Synchronization

extension BufferPool {
  /// Leases the buffer that a completion names.
  ///
  /// - Parameters:
  ///   - index: ``Completion/bufferIndex``.
  ///   - byteCount: Bytes that the kernel wrote; 0 for a completion that failed but took a buffer.
  /// - Returns: The lease, whose end returns the buffer.
  package func lease(_ index: UInt16, byteCount: Int) -> BufferLease {
    assert(byteCount <= bufferSize, "\(byteCount) bytes in a buffer of \(bufferSize)")
    assert(unsafe !isLeased[Int(index)], "buffer \(index) is leased already")
    unsafe isLeased[Int(index)] = true
    // One reference for all leases, so that a lease costs no reference counting.
    if leasedCount == 0 { _ = unsafe Unmanaged.passRetained(self) }
    leasedCount += 1
    return unsafe BufferLease(
      pool: self, index: index, base: memory(of: index), byteCount: byteCount,
      capacity: bufferSize)
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
    // A buffer handed back twice would be filled by the kernel while somebody reads it.
    precondition(unsafe isLeased[Int(index)], "buffer \(index) came back twice")
    unsafe isLeased[Int(index)] = false
    unsafe returned[returnedCount] = index
    returnedCount += 1
    leasedCount -= 1
    if leasedCount == 0 { unsafe Unmanaged.passUnretained(self).release() }
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
      foreign.leasedCount -= 1
      return foreign.leasedCount == 0
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
      assert(unsafe !isLeased[Int(index)], "buffer \(index) was taken after all")
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
      foreign.leasedCount = leasedCount - foreign.indices.count
      defer { foreign.indices = [] }
      return foreign.indices
    }
    foreignCount.subtract(indices.count, ordering: .relaxed)
    if leasedCount > 0, leasedCount == indices.count {
      unsafe Unmanaged.passUnretained(self).release()
    }
  }

  /// Buffers that are not leased: with the kernel, or about to be.
  package var availableCount: Int { capacity - leasedCount }

  /// Buffers that are leased, also when the owner has gone and leases end elsewhere.
  package var lentCount: Int {
    foreign.withLock { $0.isOrphaned ? $0.leasedCount : leasedCount }
  }

  /// Buffers that the kernel holds.
  package var kernelCount: Int { capacity - leasedCount - returnedCount }

  /// Whether any buffer waits to be given to the kernel, which may have it.
  package var hasReturned: Bool {
    (returnedCount > 0 && kernelCount < kernelLimit)
      || foreignCount.load(ordering: .relaxed) > 0
  }
}
