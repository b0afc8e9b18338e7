// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import TestSupport
import Testing

@testable import Uring

/// Buffer pools on a kernel without rings of buffers (before Linux 5.19).
@Suite struct ProvisionByRequestTests {
  @Test func givesBuffersByRequests() throws {
    var ring = try Ring.small(hiding: [.bufferRing])
    let pool = try BufferPool(capacity: 4, bufferSize: 16, group: 3)
    try ring.register(pool)
    // Neighbours go in one request.
    #expect(ring.preparedCount == 1)
    let pair = try SocketPair()
    for round in UInt8(0)..<9 {
      try pair.write([round, round + 1])
      try ring.submit(.receive(.file(pair.near), bufferGroup: 3))
      let completions = try ring.next(2)
      let given = try #require(completions.first { $0.token.providedBuffers != nil })
      #expect(given.result >= 0)
      #expect(given.token.providedBuffers?.count == (round == 0 ? 4 : 1))
      let received = try #require(completions.first { $0.token.providedBuffers == nil })
      let index = try #require(received.bufferIndex)
      do {
        let lease = pool.lease(index, byteCount: Int(received.result))
        #expect(array(lease.bytes) == [round, round + 1])
      }
      ring.provide(from: pool)
      #expect(ring.preparedCount == 1)
    }
    try ring.unregister(pool)
  }

  @Test func whatFindsNoRoomStaysWithThePool() throws {
    var ring = try Ring.small(submissions: 1, hiding: [.bufferRing])
    let pool = try BufferPool(capacity: 4, bufferSize: 16)
    #expect(ring.prepareNops([Token(rawValue: 7)]) == 1)
    try ring.register(pool)
    #expect(pool.hasReturned)
    _ = try ring.enter()
    ring.provide(from: pool)
    #expect(!pool.hasReturned)
    #expect(ring.preparedCount == 1)
  }

  @Test func runsAreOfNeighboursOnly() throws {
    let pool = try BufferPool(capacity: 8, bufferSize: 8)
    pool.takeReturned { _ in }
    for index in [2, 3, 4, 7, 6, 0] as [UInt16] {
      _ = pool.lease(index, byteCount: 1)
    }
    var runs: [Range<UInt16>] = []
    pool.takeReturnedRuns { run in
      guard runs.count < 2 else { return false }
      runs.append(run)
      return true
    }
    #expect(runs == [2..<5, 7..<8])
    var rest: [UInt16] = []
    pool.takeReturned { rest.append($0) }
    #expect(rest == [0, 6])
  }
}
