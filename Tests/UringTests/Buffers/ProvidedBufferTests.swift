// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import TestSupport
import Testing

@testable import Uring

/// Buffer pools with the kernel on the other side.
@Suite struct ProvidedBufferTests {
  private func bytes(_ pool: BufferPool, _ completion: Completion) throws -> [UInt8] {
    let index = try #require(completion.bufferIndex)
    let lease = pool.lease(index, byteCount: Int(completion.result))
    return array(lease.bytes)
  }

  @Test(.needs(.receiveMultishot)) func receivesAgainAndAgain() throws {
    var ring = try Ring.small()
    let pool = try BufferPool(capacity: 2, bufferSize: 16, group: 9)
    try ring.register(pool)
    let pair = try SocketPair()
    try ring.submit(.receiveMultishot(.file(pair.near), bufferGroup: 9))
    // More rounds than buffers: each is given back before the next.
    for round in UInt8(0)..<10 {
      try pair.write([round, round + 1])
      let completion = try #require(try ring.next().first)
      #expect(completion.hasMore)
      #expect(try bytes(pool, completion) == [round, round + 1])
      ring.provide(from: pool)
    }
    #expect(ring.shutdown(.file(pair.far), direction: 1) == 0)
    let end = try #require(try ring.next().first)
    #expect(end.result == 0)
    #expect(!end.hasMore)
    #expect(end.bufferIndex == nil)
    try ring.unregister(pool)
  }

  @Test(.needs(.receiveMultishot)) func fillsSeveralBuffersFromOneBurst() throws {
    var ring = try Ring.small()
    let pool = try BufferPool(capacity: 4, bufferSize: 4)
    try ring.register(pool)
    let pair = try SocketPair()
    let burst = [UInt8](1...10)
    try pair.write(burst)
    try ring.submit(.receiveMultishot(.file(pair.near), bufferGroup: 0))
    let completions = try ring.next(3)
    #expect(completions.map(\.result) == [4, 4, 2])
    #expect(try completions.flatMap { try bytes(pool, $0) } == burst)
  }

  @Test(.needs(.receiveMultishot)) func tellsThatThePoolIsEmpty() throws {
    var ring = try Ring.small()
    let pool = try BufferPool(capacity: 1, bufferSize: 4)
    try ring.register(pool)
    let pair = try SocketPair()
    let receive = Request.receiveMultishot(.file(pair.near), bufferGroup: 0)
    try pair.write([1, 2, 3, 4, 5])
    try ring.submit(receive)
    let completions = try ring.next(2)
    #expect(completions.map(\.result) == [4, -Errno.noBufferSpace.rawValue])
    #expect(completions.map(\.hasMore) == [true, false])
    #expect(completions.last?.bufferIndex == nil)

    // Nothing is lost: what did not fit waits in the socket for a returned buffer.
    #expect(try bytes(pool, completions[0]) == [1, 2, 3, 4])
    ring.provide(from: pool)
    try ring.submit(receive)
    #expect(try bytes(pool, try #require(try ring.next().first)) == [5])
  }

  @Test(.needs(.pollFirst)) func waitsForDataBeforeItTakesABuffer() throws {
    var ring = try Ring.small()
    let pool = try BufferPool(capacity: 1, bufferSize: 4)
    try ring.register(pool)
    let pair = try SocketPair()
    try pair.write([1])
    try ring.submit(.receive(.file(pair.near), bufferGroup: 0), slot: 1)
    let first = try #require(try ring.next().first)
    // The pool is empty now. Polling first, an armed receive does not fail for that.
    try ring.submit(.receive(.file(pair.near), bufferGroup: 0, options: .pollFirst), slot: 2)
    #expect(ring.reapAll() == [])
    #expect(try bytes(pool, first) == [1])
    ring.provide(from: pool)
    try pair.write([2])
    #expect(try bytes(pool, try #require(try ring.next().first)) == [2])
  }

  @Test(.needs(.bufferRing)) func hasOnePoolAGroup() throws {
    var ring = try Ring.small()
    let pool = try BufferPool(capacity: 1, bufferSize: 4)
    let other = try BufferPool(capacity: 1, bufferSize: 4)
    try ring.register(pool)
    #expect(throws: Errno.fileExists) { try ring.register(other) }
    try ring.unregister(pool)
    #expect(throws: (any Error).self) { try ring.unregister(pool) }
  }
}
