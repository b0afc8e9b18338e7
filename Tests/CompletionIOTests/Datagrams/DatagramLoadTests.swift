// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import TestSupport
import Testing

@testable import CompletionIO

/// What a snapshot tells of sockets of datagrams.
@Suite("Load of datagrams", .timeLimit(.minutes(3)))
struct DatagramLoadTests {
  @Test("Datagrams that nobody has received are told, and are counted")
  func unclaimed() async throws {
    try await withLoops { group in
      let loop = group.loops[0]
      let (near, far) = try await DatagramSocket.pair(on: loop)
      let first: [UInt8] = [1, 2, 3]
      try await near.send(first)
      #expect(try await far.receive()?.byteCount == 3)
      let message = [UInt8](repeating: 7, count: 100)
      for _ in 0..<5 { try await near.send(message) }
      // Without multishot receives the rest waits in the kernel.
      await loop.until { far.endpoint.receiving.byteCount > 0 || loop.statistics.bytesSent >= 503 }
      let snapshot = await loop.snapshot()
      #expect(snapshot.load.sockets == 2)
      #expect(snapshot.load.unclaimedBytes % 100 == 0 && snapshot.load.unclaimedBytes <= 500)
      await near.close()
      await far.close()
      let after = await loop.snapshot().load
      #expect(after.sockets == 0 && after.unclaimedBytes == 0 && after.leasedBuffers == 0)
    }
  }
}
