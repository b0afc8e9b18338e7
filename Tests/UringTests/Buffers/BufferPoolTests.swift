// SPDX-License-Identifier: Apache-2.0

import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Uring

@Suite struct BufferPoolTests {
  private func returned(_ pool: BufferPool) -> [UInt16] {
    var indices: [UInt16] = []
    pool.takeReturned { indices.append($0) }
    return indices
  }

  @Test func startsWithEveryBufferToGive() throws {
    let pool = try BufferPool(capacity: 4, bufferSize: 10, group: 3)
    #expect(pool.group == 3)
    #expect(pool.hasReturned)
    #expect(returned(pool) == [3, 2, 1, 0])
    #expect(!pool.hasReturned)
    #expect(returned(pool) == [])
  }

  @Test func givesTheKernelNoMoreThanItMayHoldAndTheLastUsedFirst() throws {
    let pool = try BufferPool(capacity: 4, bufferSize: 10)
    pool.kernelLimit = 2
    #expect(returned(pool) == [3, 2])
    #expect(!pool.hasReturned)
    do {
      let lease = pool.lease(3, byteCount: 1)
      #expect(returned(pool) == [1])
      #expect(pool.kernelCount == 2)
      #expect(lease.byteCount == 1)
    }
    #expect(!pool.hasReturned)
    _ = pool.lease(2, byteCount: 1)
    #expect(returned(pool) == [2])
    pool.kernelLimit = 4
    #expect(returned(pool) == [3, 0])
  }

  @Test func takesABufferBackWhenItsLeaseEnds() throws {
    let pool = try BufferPool(capacity: 4, bufferSize: 10)
    _ = returned(pool)
    do {
      var lease = pool.lease(2, byteCount: 3)
      #expect(lease.byteCount == 3)
      #expect(lease.bytes.byteCount == 3)
      var bytes = lease.mutableBytes
      bytes.storeBytes(of: 9, toByteOffset: 1, as: UInt8.self)
      #expect(array(lease.bytes)[1] == 9)
      #expect(returned(pool) == [])
    }
    #expect(returned(pool) == [2])
  }

  @Test func leasesTheMemoryThatTheKernelWroteTo() throws {
    let pool = try BufferPool(capacity: 2, bufferSize: 10)
    _ = returned(pool)
    let lease = HeldLease(pool.lease(1, byteCount: 4))
    #expect(lease.byteCount == 4)
    #expect(unsafe lease.address == UnsafeRawPointer(pool.memory(of: 1)))
    #expect(returned(pool) == [])
    lease.end()
    #expect(returned(pool) == [1])
  }

  private final class Calls: Sendable { let count = Atomic<Int>(0) }

  @Test func takesBuffersBackFromAnotherThread() throws {
    let pool = try BufferPool(capacity: 4, bufferSize: 10)
    _ = returned(pool)
    let seen = Calls()
    pool.onForeignReturn = { seen.count.add(1, ordering: .relaxed) }
    for round in 1...3 {
      let first = HeldLease(pool.lease(0, byteCount: 1))
      let second = HeldLease(pool.lease(3, byteCount: 1))
      try onOtherThread {
        second.end()
        first.end()
      }
      #expect(seen.count.load(ordering: .relaxed) == 2 * round)
      #expect(pool.hasReturned)
      #expect(returned(pool) == [0, 3])
      #expect(!pool.hasReturned)
    }
  }

  @Test func belongsToTheThreadItIsBoundTo() throws {
    let pool = try BufferPool(capacity: 1, bufferSize: 10)
    _ = returned(pool)
    let seen = Calls()
    pool.onForeignReturn = { seen.count.add(1, ordering: .relaxed) }
    try onOtherThread { pool.bindToCurrentThread() }
    _ = pool.lease(0, byteCount: 1)
    #expect(seen.count.load(ordering: .relaxed) == 1)
  }

  @Test func refusesABufferThatComesBackTwice() async {
    await #expect(processExitsWith: .failure) {
      let pool = try BufferPool(capacity: 2, bufferSize: 10)
      pool.takeReturned { _ in }
      _ = pool.lease(1, byteCount: 4)
      pool.takeBack(1)
    }
  }

  @Test func refusesABufferThatComesBackTwiceFromAnotherThread() async {
    await #expect(processExitsWith: .failure) {
      let pool = try BufferPool(capacity: 2, bufferSize: 10)
      pool.takeReturned { _ in }
      let lease = HeldLease(pool.lease(1, byteCount: 4))
      try onOtherThread {
        lease.end()
        pool.takeBack(1)
      }
      pool.takeReturned { _ in }
    }
  }

  @Test(arguments: [(0, 1), (3, 1), (-4, 1), (65536, 1), (4, 0), (4, -1), (4, 1 << 40)])
  func refusesImpossibleSizes(_ capacity: Int, _ bufferSize: Int) {
    #expect(throws: Errno.invalidArgument) {
      try BufferPool(capacity: capacity, bufferSize: bufferSize)
    }
  }
}
