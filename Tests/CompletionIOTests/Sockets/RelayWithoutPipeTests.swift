// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import Glibc
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// Relays that want a pipe and cannot have one, and sockets that are special.
@Suite("Relay without a pipe", .timeLimit(.minutes(3)))
struct RelayWithoutPipeTests {
  typealias Chain = RelayTests.Chain

  /// Sends bytes through both directions of a relay and expects all.
  private func expectTransfers(through chain: Chain, byteCount: Int = 3 << 20) async throws {
    for (near, far) in [(chain.client, chain.server), (chain.server, chain.client)] {
      let bytes = numbered(byteCount)
      async let sending: Void = near.send(bytes)
      #expect(firstDifference(try await far.receive(atMost: byteCount), bytes) == nil)
      try await sending
    }
    try await chain.client.finishSending()
    try await chain.server.finishSending()
    let count = UInt64(byteCount)
    #expect(
      try await chain.relaying.value.get()
        == RelayCounts(firstToSecond: count, secondToFirst: count))
  }

  @Test("Others have all pipes of the loop")
  func noneLeft() async throws {
    try await withLoops { group in
      let loop = group.loops[0]
      let taken = await loop.ask {
        (0..<PipePool.limit).count { _ in loop.streams.pipes.take() != nil }
      }
      #expect(taken == PipePool.limit)
      let chain = try await Chain(on: group, way: RelayPassageTests.pipe)
      try await expectTransfers(through: chain)
      #expect(await group.splicedByteCount() == 0)
      await chain.close()
    }
  }

  /// For a moment only: libdispatch opens a file each second to count its threads, and ends a process
  /// in which it cannot (_dispatch_workq_monitor_pools).
  @Test("The process has no descriptor left")
  func noDescriptors() async {
    await #expect(processExitsWith: .success) {
      try await withLoops { group in
        let chain = try await Chain(on: group, way: RelayPassageTests.pipe)
        let loop = group.loops[0]
        let hasPipe = await loop.ask {
          var limit = rlimit()
          require(unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
          let usual = limit.rlim_cur
          limit.rlim_cur = 3
          require(unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
          let pipe = loop.streams.pipes.take()
          limit.rlim_cur = usual
          require(unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
          return pipe != nil
        }
        require(!hasPipe)
        let bytes = numbered(3 << 20)
        async let sending: Void = chain.client.send(bytes)
        let arrived = try await chain.server.receive(atMost: bytes.count)
        try await sending
        require(arrived == bytes)
        await chain.close()
      }
    }
  }

  @Test("Connections of a direct table, and those that do not wait, use buffers")
  func neverPiped() async throws {
    try await withLoops(
      1, { $0.directDescriptorCount = directPlaces(16) },
      { group in
        let chain = try await Chain(on: group, way: RelayPassageTests.pipe)
        let isDirect = await group.loops[0].ask {
          chain.first.stream.descriptor.fileDescriptor == nil
        }
        try await expectTransfers(through: chain)
        if isDirect { #expect(await group.splicedByteCount() == 0) }
        await chain.close()
      })
    try await withLoops(
      1, { $0.policy = .backoff(initial: .microseconds(50), limit: .milliseconds(1)) },
      { group in
        let chain = try await Chain(on: group, way: RelayPassageTests.pipe)
        try await expectTransfers(through: chain)
        #expect(await group.splicedByteCount() == 0)
        await chain.close()
      })
  }

  @Test(
    "Sockets in non-blocking mode are waited for by polls",
    .enabled(if: kernelFeatures.contains(.splice), "nothing goes through a pipe on this kernel"))
  func nonblocking() async throws {
    try await withLoops { group in
      let loop = group.loops[0]
      let (client, first) = try SocketPair(isNonblocking: true).release()
      let (second, server) = try SocketPair(isNonblocking: true).release()
      var sides: [StreamConnection] = []
      for descriptor in [client, first, second, server] {
        sides.append(try await StreamConnection.adopt(descriptor, on: loop))
      }
      let relay = Relay(sides[1], sides[2], idleLimit: nil, way: RelayPassageTests.pipe)
      async let relaying = relay.runAndClose()
      let bytes = numbered(4 << 20)
      let (near, far) = (sides[0], sides[3])
      async let sending: Void = near.send(bytes)
      #expect(firstDifference(try await far.receive(atMost: bytes.count), bytes) == nil)
      try await sending
      try await near.finishSending()
      #expect(try await far.receive() == nil)
      try await far.finishSending()
      #expect(try await relaying.firstToSecond == UInt64(bytes.count))
      #expect(await group.splicedByteCount() > 0)
      await near.close()
      await far.close()
    }
  }

  @Test(
    "A send that tells how far it has come at short intervals loses nothing",
    .enabled(if: kernelFeatures.contains(.splice), "nothing goes through a pipe on this kernel"))
  func reports() async throws {
    try await withLoops { group in
      let loop = group.loops[0]
      let (near, first) = try await ConnectionPair(on: group, options: .snug).ends
      let (second, far) = try await ConnectionPair(on: group, options: .snug).ends
      let progress = RelayProgress()
      let direction = RelayDirection(
        from: first, .first, to: second, progress, reportInterval: .microseconds(200))
      let carrying = Task(executorPreference: loop) {
        await direction.carry(RelayPassageTests.pipe)?.error
      }
      let bytes = numbered(4 << 20)
      async let sending: Void = {
        try await near.send(bytes)
        try await near.finishSending()
      }()
      // Also while nothing moves at all.
      await loop.until {
        loop.statistics.deadlines > 20 || second.stream.sending.refusal != nil
      }
      #expect(firstDifference(try await far.receiveAll(), bytes) == nil)
      try await sending
      #expect(await carrying.value == nil)
      #expect(progress.count(.first) == UInt64(bytes.count))
      for connection in [near, first, second, far] { await connection.close() }
    }
  }
}

extension ConnectionPair {
  fileprivate var ends: (StreamConnection, StreamConnection) { (near, far) }
}
