// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import TestSupport
import Testing

@testable import Uring

/// Pools whose buffers the kernel fills in pieces.
@Suite struct IncrementalPoolTests {
  private func made(capacity: Int = 2, bufferSize: Int = 16) throws -> BufferPool {
    let pool = try BufferPool(
      capacity: capacity, bufferSize: bufferSize, group: 4, isIncremental: true)
    _ = returned(pool)
    return pool
  }

  private func returned(_ pool: BufferPool) -> [UInt16] {
    var indices: [UInt16] = []
    pool.takeReturned { indices.append($0) }
    return indices
  }

  @Test func eachPieceBeginsBehindTheOneBefore() throws {
    let pool = try made()
    let first = HeldLease(pool.lease(1, byteCount: 5, kernelKeeps: true))
    let second = HeldLease(pool.lease(1, byteCount: 4, kernelKeeps: true))
    let last = HeldLease(pool.lease(1, byteCount: 7))
    let start = unsafe UnsafeRawPointer(pool.memory(of: 1))
    #expect(unsafe first.address == start)
    #expect(unsafe second.address == start + 5)
    #expect(unsafe last.address == start + 9)
    for lease in [first, second, last] { lease.end() }
    // And the next time from the start.
    #expect(returned(pool) == [1])
    let again = HeldLease(pool.lease(1, byteCount: 3, kernelKeeps: true))
    #expect(unsafe again.address == start)
    again.end()
  }

  @Test(arguments: [[0, 1, 2], [2, 1, 0], [1, 2, 0]])
  func aBufferReturnsOnceTheKernelIsDoneAndEveryLeaseHasEnded(_ order: [Int]) throws {
    let pool = try made()
    let leases = [
      HeldLease(pool.lease(0, byteCount: 1, kernelKeeps: true)),
      HeldLease(pool.lease(0, byteCount: 1, kernelKeeps: true)),
      HeldLease(pool.lease(0, byteCount: 14)),
    ]
    #expect(pool.availableCount == 1 && pool.leasedCount == 1)
    for place in order {
      #expect(returned(pool) == [])
      leases[place].end()
    }
    #expect(pool.availableCount == 2 && pool.leasedCount == 0)
    #expect(returned(pool) == [0])
  }

  @Test func aBufferWithoutLeasesStaysWithTheKernelThatFillsIt() throws {
    let pool = try made()
    for _ in 0..<3 {
      HeldLease(pool.lease(0, byteCount: 5, kernelKeeps: true)).end()
      #expect(returned(pool) == [])
      #expect(pool.kernelCount == 2 && pool.leasedCount == 0)
    }
    HeldLease(pool.lease(0, byteCount: 1)).end()
    #expect(returned(pool) == [0])
  }

  @Test func aPieceHasNoRoomBehindItUnlessItIsTheLast() throws {
    let pool = try made()
    let byte: [UInt8] = [1]
    for isLast in [false, true] {
      var lease = pool.lease(0, byteCount: 5, kernelKeeps: !isLast)
      let hasRoom = lease.hasRoom
      let isAppended = unsafe lease.append(byte.span.bytes)
      // Behind a piece the kernel writes the next.
      #expect(hasRoom == isLast && isAppended == isLast)
    }
  }

  @Test func piecesComeBackFromOtherThreads() throws {
    let pool = try made()
    let first = HeldLease(pool.lease(0, byteCount: 1, kernelKeeps: true))
    let last = HeldLease(pool.lease(0, byteCount: 15))
    try onOtherThread { last.end() }
    #expect(returned(pool) == [])
    try onOtherThread { first.end() }
    #expect(returned(pool) == [0])
  }

  @Test func leasesOutliveTheOwner() throws {
    var pool: BufferPool? = try made()
    weak let weakPool = pool
    let first = HeldLease(try #require(pool).lease(0, byteCount: 1, kernelKeeps: true))
    let second = HeldLease(try #require(pool).lease(0, byteCount: 1, kernelKeeps: true))
    pool?.disown()
    pool = nil
    #expect(weakPool?.lentCount == 2)
    first.end()
    #expect(weakPool?.lentCount == 1)
    second.end()
    #expect(weakPool == nil)
  }

  @Test(.needs(.incrementalBuffers, .receiveMultishot)) func theKernelFillsBuffersInPieces() throws
  {
    var ring = try Ring.small()
    let pool = try BufferPool(capacity: 2, bufferSize: 16, group: 4, isIncremental: true)
    try ring.register(pool)
    let pair = try SocketPair()
    try ring.submit(.receiveMultishot(.file(pair.near), bufferGroup: 4))
    var kept: [Bool] = []
    // Forty pieces of seven bytes: 280 bytes through 32.
    for round in UInt8(0)..<40 {
      let written = (0..<7).map { round &* 7 &+ $0 }
      try pair.write(written)
      var got: [UInt8] = []
      while got.count < written.count {
        for completion in try ring.next() {
          #expect(completion.hasMore)
          kept.append(completion.keepsBuffer)
          got += try bytes(pool, completion)
          ring.provide(from: pool)
        }
      }
      #expect(got == written)
    }
    #expect(kept.count { !$0 } == 280 / 16)
    // Nothing takes no buffer.
    #expect(ring.shutdown(.file(pair.far), direction: 1) == 0)
    let end = try #require(try ring.next().first)
    #expect(end.result == 0)
    if let lease = pool.lease(for: end) { #expect(lease.byteCount == 0) }
    #expect(pool.availableCount == 2)
    try ring.unregister(pool)
  }

  @Test func aKernelThatCannotRefusesThePool() throws {
    var ring = try Ring.small(hiding: [.incrementalBuffers])
    let pool = try BufferPool(capacity: 2, bufferSize: 16, isIncremental: true)
    #expect(throws: Errno.invalidArgument) { try ring.register(pool) }
    // One that is filled otherwise is taken under the same number.
    try ring.register(try BufferPool(capacity: 2, bufferSize: 16))
  }

  private func bytes(_ pool: BufferPool, _ completion: Completion) throws -> [UInt8] {
    guard let lease = pool.lease(for: completion) else { throw Errno.noBufferSpace }
    return array(lease.bytes)
  }
}
