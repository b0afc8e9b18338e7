// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import TestSupport
import Testing

@testable import CompletionIO

/// Snapshots of loops, by which a program is observed.
@Suite("Snapshots", .timeLimit(.minutes(3)))
struct SnapshotTests {
  @Test("An idle loop has nothing but its wake-up")
  func idle() async throws {
    try await withLoops(2) { group in
      let snapshots = await group.statistics()
      #expect(snapshots.count == 2)
      for snapshot in snapshots {
        var expected = LoopLoad()
        expected.operations = 1
        expected.operationLimit = group.configuration.flightLimit
        expected.buffers = group.configuration.bufferCount
        #expect(snapshot.load == expected)
        #expect(snapshot.counts.bytesReceived == 0)
        #expect(snapshot.delay >= .zero)
      }
    }
  }

  @Test("Bytes that nobody has received, and those of a peer that does not read, are told")
  func bytes() async throws {
    try await withLoops { group in
      let pair = try await ConnectionPair(on: group)
      let (near, far) = (pair.near, pair.far)
      // Behind its first receive a connection receives ahead of its program.
      try await near.send([0])
      #expect(try await far.receive()?.byteCount == 1)
      try await near.send(numbered(1000))
      await far.loop.until { far.loop.statistics.bytesReceived == 1001 }
      #expect(await far.loop.snapshot().load.unclaimedBytes == 1000)
      #expect(await far.loop.snapshot().load.leasedBuffers >= 1)

      // More than the sockets and the far end's queue take.
      let chunk = numbered(1 << 20)
      for _ in 0..<16 { near.enqueue(copying: chunk) }
      let load = await near.loop.snapshot().load
      #expect(load.unsentBytes > 0 && load.unsentBytes <= 16 << 20)
      #expect(await near.unsentByteCount > 0)
      near.abort()
      far.abort()
      await pair.close()
      let after = await near.loop.snapshot().load
      #expect(after.unsentBytes == 0 && after.unclaimedBytes == 0 && after.sockets == 0)
    }
  }

  @Test("Timers, waits and serving tasks are told for as long as they last")
  func waits() async throws {
    try await withLoops { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      let server = Task {
        try await listener.serve { _ = try await $0.receive(timeout: .seconds(99)) }
      }
      let client = try await StreamConnection.connect(to: listener.localAddress, on: group)
      let loop = group.loops[0]
      while await loop.snapshot().load.timers == 0 { await Task.yield() }
      let load = await loop.snapshot().load
      #expect(load.servingTasks == 1 && load.acceptedConnections == 1)
      #expect(load.sockets == 3)
      #expect(load.timers == 1 && load.waits >= 1)
      await client.close()
      while await loop.snapshot().load.servingTasks > 0 { await Task.yield() }
      await listener.close()
      try await server.value
      let after = await loop.snapshot().load
      #expect(after.sockets == 0 && after.timers == 0 && after.waits == 0)
    }
  }

  @Test("A loop that is busy answers late, and says so")
  func busy() async throws {
    try await withLoops { group in
      let loop = group.loops[0]
      let gate = Gate()
      loop.perform { gate.wait() }
      let task = Task { await loop.snapshot() }
      // The task has looked at the clock before it comes to the loop's inbox.
      while loop.inbox.isEmpty { await Task.yield() }
      let begin = ContinuousClock.now
      while ContinuousClock.now - begin < .milliseconds(2) { await Task.yield() }
      gate.open()
      #expect(await task.value.delay >= .milliseconds(2))
    }
  }

  @Test("A closed group still tells its counts")
  func closed() async throws {
    let group = try CompletionLoopGroup(count: 1)
    let loop = group.loops[0]
    try await loop.sleep(for: .nanoseconds(1))
    await group.close()
    let snapshot = try #require(await group.statistics().first)
    #expect(snapshot.counts.enters > 0)
    #expect(snapshot.load.operations == 0)
  }

  @Test("Counts and loads add up, each with its own")
  func sums() async throws {
    var counts = LoopStatistics()
    var other = LoopStatistics()
    counts.enters = 1
    other.enters = 2
    other.bytesSent = 5
    counts += other
    #expect(counts.enters == 3 && counts.bytesSent == 5 && counts.completions == 0)
    var load = LoopLoad()
    var more = LoopLoad()
    load.timers = 1
    more.timers = 2
    more.unsentBytes = 7
    load += more
    #expect(load.timers == 3 && load.unsentBytes == 7 && load.waits == 0)
  }
}
