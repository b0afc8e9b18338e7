// SPDX-License-Identifier: Apache-2.0

import Synchronization
import SystemPackage
import TestSupport
import Testing
import Uring

private struct NoLease: Error {}

/// Takes a lease and ends it at once.
private func leasedByteCount(_ completion: Completion, of pool: BufferPool) -> Int? {
  guard let lease = pool.lease(for: completion) else { return nil }
  return lease.byteCount
}

/// Reading provided buffers with what the library offers to every program: not testable.
@Suite struct PublicLeaseTests {
  @Test func readsAndGivesBack() throws {
    var ring = try Ring(RingConfiguration(submissionEntryCount: 16, completionEntryCount: 64))
    let pool = try BufferPool(capacity: 2, bufferSize: 16, group: 3)
    try ring.register(pool)
    let pair = try SocketPair()
    // More rounds than buffers: each is given back before the next.
    for round in UInt8(1)...6 {
      try pair.write([round, 7])
      let completion = try #require(
        try received(&ring, .receive(.file(pair.near), bufferGroup: 3)))
      guard var lease = pool.lease(for: completion) else { throw NoLease() }
      #expect(lease.byteCount == 2)
      #expect(array(lease.bytes) == [round, 7])
      var bytes = lease.mutableBytes
      bytes.storeBytes(of: 9, toByteOffset: 0, as: UInt8.self)
      #expect(array(lease.bytes) == [9, 7])
      #expect(leasedByteCount(completion, of: pool) == nil, "leased already")
      _ = consume lease
      #expect(leasedByteCount(completion, of: pool) == nil, "returned already")
      ring.provide(from: pool)
    }
  }

  @Test func readsOnAnotherThread() throws {
    var ring = try Ring(RingConfiguration(submissionEntryCount: 16, completionEntryCount: 64))
    let pool = try BufferPool(capacity: 1, bufferSize: 16)
    try ring.register(pool)
    let pair = try SocketPair()
    for round in UInt8(1)...3 {
      try pair.write([round])
      let completion = try #require(
        try received(&ring, .receive(.file(pair.near), bufferGroup: 0)))
      let rightAnswers = Atomic<Int>(0)
      let lease = Mutex(pool.lease(for: completion))
      try onOtherThread {
        if let lease = lease.withLock({ $0.take() }), array(lease.bytes) == [round] {
          rightAnswers.add(1, ordering: .relaxed)
        }
        if leasedByteCount(completion, of: pool) == nil { rightAnswers.add(1, ordering: .relaxed) }
      }
      #expect(rightAnswers.load(ordering: .relaxed) == 2)
      ring.provide(from: pool)
    }
  }

  @Test func isNothingForWhatIsNoBufferOfThePool() throws {
    let pool = try BufferPool(capacity: 2, bufferSize: 16)
    let token = Token(slot: 1, generation: 1, operation: .receive)
    let completion = { (index: UInt32, result: Int32) in
      Completion(
        token: token, result: result, flags: [.buffer, .init(rawValue: index << 16)])
    }
    #expect(leasedByteCount(completion(0, 1), of: pool) == nil, "the kernel has none yet")
    var ring = try Ring(RingConfiguration(submissionEntryCount: 16, completionEntryCount: 64))
    try ring.register(pool)
    #expect(leasedByteCount(Completion(token: token, result: 1), of: pool) == nil)
    #expect(leasedByteCount(completion(2, 1), of: pool) == nil, "beyond the last")
    #expect(leasedByteCount(completion(65535, 1), of: pool) == nil)
    #expect(leasedByteCount(completion(0, 17), of: pool) == nil, "more than it holds")
    #expect(leasedByteCount(completion(0, -105), of: pool) == 0, "failed, and took a buffer")
  }

  /// Submits a request, and waits for its completion; those that only give buffers pass by.
  private func received(_ ring: inout Ring, _ request: Request) throws -> Completion? {
    let token = Token(slot: 1, generation: 1, operation: request.operation)
    let isPrepared = ring.prepare(request, token: token)
    try #require(isPrepared)
    var batch = [Completion](repeating: Completion(token: token, result: 0), count: 8)
    while true {
      _ = try ring.enter(minimumCompletionCount: 1, timeout: .seconds(20))
      let count = unsafe batch.withUnsafeMutableBufferPointer { unsafe ring.reap(into: $0) }
      try #require(count > 0)
      if let completion = batch[..<count].first(where: { $0.token == token }) { return completion }
    }
  }
}
