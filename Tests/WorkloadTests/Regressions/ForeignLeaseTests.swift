// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Testing
import Uring

@testable import Workloads

/// Found by the workload proxy, seed 2: a buffer that one loop had received was given back to the
/// pool of the loop that had sent it on.
@Suite struct ForeignLeaseTests {
  @Test func theSeedPasses() {
    let episode = Episode(simulating: Scenario(.proxy, seed: 2, operationCount: 1000))
    #expect(episode.problems == [])
  }

  @Test func aLeaseGoesBackToItsOwnPool() async throws {
    let group = try CompletionLoopGroup(count: 2)
    let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
    let source = try await StreamConnection.connect(to: listener.localAddress, on: group.loops[0])
    let sourcePeer = try await listener.accept()
    let other = group.loops.first { $0 !== sourcePeer.loop } ?? group.loops[0]
    let target = try await StreamConnection.connect(to: listener.localAddress, on: other)
    let targetPeer = try await listener.accept()
    #expect(sourcePeer.loop !== target.loop)

    try await source.send([1, 2, 3])
    if let lease = try await sourcePeer.receive() { try await target.enqueue(lease) }
    let byteCount = try await targetPeer.receive()?.byteCount
    #expect(byteCount == 3)

    for connection in [source, sourcePeer, target, targetPeer] { await connection.close() }
    let loops = group.loops
    await group.close()
    #expect(loops.map(\.leaseCount) == [0, 0])
  }
}
