// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import Uring

/// How long a pool lives: as long as anybody may look at one of its buffers.
@Suite struct BufferPoolLifetimeTests {
  /// Holds a pool weakly.
  private final class Watch: @unchecked Sendable {
    private(set) weak var pool: BufferPool?
    init(_ pool: BufferPool) { self.pool = pool }
  }

  private func makePool() throws -> BufferPool {
    let pool = try BufferPool(capacity: 4, bufferSize: 8)
    pool.takeReturned { _ in }
    return pool
  }

  @Test func endsWithItsOwnerWhenNothingIsLeased() throws {
    let watch: Watch
    do {
      let pool = try makePool()
      watch = Watch(pool)
      _ = pool.lease(0, byteCount: 1)
      pool.disown()
    }
    #expect(watch.pool == nil)
  }

  @Test func outlivesItsOwnerWhileABufferIsLeased() throws {
    var pool: BufferPool? = try makePool()
    let watch = Watch(try #require(pool))
    do {
      let lease = try #require(watch.pool).lease(1, byteCount: 3)
      pool?.disown()
      pool = nil
      #expect(watch.pool != nil)
      #expect(lease.bytes.byteCount == 3)
    }
    #expect(watch.pool == nil)
  }

  @Test func endsWithALeaseOnAnotherThread() throws {
    let watch: Watch
    let leases: [HeldLease]
    do {
      let pool = try makePool()
      watch = Watch(pool)
      leases = [
        HeldLease(pool.lease(1, byteCount: 1)), HeldLease(pool.lease(3, byteCount: 1)),
      ]
      pool.disown()
    }
    #expect(watch.pool != nil)
    try onOtherThread {
      for lease in leases { lease.end() }
    }
    #expect(watch.pool == nil)
  }

  @Test func endsWhenTheLastBuffersCameBackBeforeItsOwnerWent() throws {
    let watch: Watch
    do {
      let pool = try makePool()
      watch = Watch(pool)
      let lease = HeldLease(pool.lease(2, byteCount: 1))
      try onOtherThread { lease.end() }
      pool.disown()
    }
    #expect(watch.pool == nil)
  }

  @Test func countsWhatIsNotLeased() throws {
    let pool = try makePool()
    #expect(pool.availableCount == 4)
    do {
      let lease = pool.lease(0, byteCount: 8)
      #expect(lease.poolIdentity != 0)
      #expect(pool.availableCount == 3)
    }
    #expect(pool.availableCount == 4)
  }
}
