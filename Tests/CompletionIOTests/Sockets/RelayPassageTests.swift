// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import Glibc
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// Relays whose bytes go through a pipe.
@Suite(
  "Relay through a pipe",
  .enabled(if: kernelFeatures.contains(.splice), "nothing goes through a pipe on this kernel"),
  .timeLimit(.minutes(3)))
struct RelayPassageTests {
  typealias Chain = RelayTests.Chain

  /// The way of a relay that is in a long transfer already.
  static let pipe = RelayWay.pipe(smallCount: 0, byteCount: 0, needed: RelayWay.leastNeeded)

  @Test("A long transfer goes through a pipe, whole, both ways", arguments: [1, 2])
  func longTransfer(loopCount: Int) async throws {
    try await withLoops(loopCount) { group in
      let chain = try await Chain(on: group)
      let (there, back) = (numbered(32 << 20), numbered(24 << 20, from: 7))
      async let sending: Void = chain.client.send(there)
      async let answering: Void = chain.server.send(back)
      async let arriving = chain.server.receive(atMost: there.count)
      let returned = try await chain.client.receive(atMost: back.count)
      #expect(firstDifference(try await arriving, there) == nil)
      #expect(firstDifference(returned, back) == nil)
      _ = try await (sending, answering)
      #expect(await group.splicedByteCount() > 0)
      try await chain.client.finishSending()
      try await chain.server.finishSending()
      #expect(
        try await chain.relaying.value.get()
          == RelayCounts(
            firstToSecond: UInt64(there.count), secondToFirst: UInt64(back.count)))
      #expect(await group.pipesInUse() == 0)
      await chain.close()
    }
  }

  @Test("Conversations between transfers lose nothing", arguments: [1, 2])
  func conversations(loopCount: Int) async throws {
    try await withLoops(loopCount) { group in
      for address in ["127.0.0.1:0", abstractName()] {
        let chain = try await Chain(on: group, at: address, way: Self.pipe)
        for round in 0..<3 {
          for (near, far) in [(chain.client, chain.server), (chain.server, chain.client)] {
            let bytes = numbered(3 << 20, from: round)
            async let sending: Void = near.send(bytes)
            #expect(firstDifference(try await far.receive(atMost: bytes.count), bytes) == nil)
            try await sending
          }
          for index in 0..<20 as Range<UInt8> {
            try await chain.client.send([index])
            #expect(try await chain.server.receive(atMost: 1) == [index])
            try await chain.server.send([index, 1])
            #expect(try await chain.client.receive(atMost: 2) == [index, 1])
          }
        }
        await chain.close()
      }
      #expect(await group.splicedByteCount() > 0)
    }
  }

  @Test("The end of one direction is passed on behind its last byte", arguments: [1, 2])
  func halfClose(loopCount: Int) async throws {
    try await withLoops(loopCount) { group in
      let chain = try await Chain(on: group, way: Self.pipe)
      let (request, answer) = (numbered(3 << 20), numbered(5 << 20, from: 7))
      async let sending: Void = {
        try await chain.client.send(request)
        try await chain.client.finishSending()
      }()
      #expect(firstDifference(try await chain.server.receiveAll(), request) == nil)
      try await sending
      async let answering: Void = {
        try await chain.server.send(answer)
        try await chain.server.finishSending()
      }()
      #expect(firstDifference(try await chain.client.receiveAll(), answer) == nil)
      try await answering
      #expect(
        try await chain.relaying.value.get()
          == RelayCounts(
            firstToSecond: UInt64(request.count), secondToFirst: UInt64(answer.count)))
      await chain.close()
    }
  }

  @Test("A reset amid a transfer becomes a reset", arguments: [1, 2], [false, true])
  func reset(loopCount: Int, ofTarget: Bool) async throws {
    try await withLoops(loopCount) { group in
      let chain = try await Chain(on: group, options: .snug, way: Self.pipe)
      let message = numbered(16 << 20)
      let sending = Task { try await chain.client.send(message) }
      let begun = try await chain.server.receive(atMost: 1 << 20)
      #expect(firstDifference(begun, message.prefix(begun.count)) == nil)
      let (gone, other) = ofTarget ? (chain.server, chain.client) : (chain.client, chain.server)
      gone.reset()
      let told = await failure { () throws(SocketError) in try await other.receiveAll() }
      #expect(told?.errno == .connectionReset)
      let ending = await chain.ending
      #expect(ending?.side == (ofTarget ? .second : .first), "\(String(describing: ending))")
      _ = await sending.result
      #expect(await group.pipesInUse() == 0)
      await chain.close()
    }
  }

  @Test("Cancelling amid a transfer resets both", arguments: [1, 2], [false, true])
  func cancelled(loopCount: Int, isBlocked: Bool) async throws {
    try await leavingNoDescriptors {
      try await withLoops(loopCount) { group in
        let chain = try await Chain(on: group, options: .snug, way: Self.pipe)
        let sending = Task { try? await chain.client.send(numbered(16 << 20)) }
        if isBlocked {
          // A worker of the kernel waits for the server.
          await chain.second.loop.until { chain.second.stream.sending.state == .sending(.waiting) }
        } else {
          _ = try await chain.server.receive(atMost: 2 << 20)
        }
        chain.relaying.cancel()
        #expect(await chain.ending?.error.errno == .canceled)
        let told = await failure { () throws(SocketError) in try await chain.server.receiveAll() }
        #expect(told?.errno == .connectionReset)
        await sending.value
        #expect(await group.pipesInUse() == 0)
        await chain.close()
      }
    }
  }

  @Test("A loop that stops amid a transfer ends the relay")
  func stopped() async throws {
    let group = try CompletionLoopGroup(count: 1)
    let chain = try await Chain(on: group, options: .snug, way: Self.pipe)
    let sending = Task { try? await chain.client.send(numbered(16 << 20)) }
    _ = try await chain.server.receive(atMost: 2 << 20)
    await group.close()
    #expect(await chain.ending?.error.cause == .loopStopped)
    await sending.value
  }

  @Test("Peers that do not read keep a pipe of memory each, and lose nothing")
  func slowReaders() async throws {
    let limit = 1 << 16
    try await withLoops(1, { $0.boundBytes(limit) }) { group in
      let loop = group.loops[0]
      let message = numbered(4 << 20)
      var chains: [Chain] = []
      // More than there are pipes.
      for _ in 0..<(PipePool.limit + 4) {
        chains.append(try await Chain(on: group, options: .snug, way: Self.pipe))
      }
      let sending = chains.map { chain in Task { try await chain.client.send(message) } }
      for chain in chains {
        await loop.until { chain.client.stream.sending.state == .sending(.waiting) }
        await loop.until { chain.second.stream.sending.state == .sending(.waiting) }
      }
      let held = await loop.ask { [chains] in chains.map(\.heldByteCount) }
      let bound = 2 * (limit + loop.configuration.bufferSize) + Pipe.wantedCapacity
      #expect(held.allSatisfy { $0 <= bound }, "\(held)")
      #expect(await loop.ask { loop.streams.pipes.count } <= PipePool.limit)
      for (chain, sending) in zip(chains, sending) {
        let arrived = try await chain.server.receive(atMost: message.count)
        #expect(firstDifference(arrived, message) == nil)
        try await sending.value
        await chain.close()
      }
      #expect(await group.pipesInUse() == 0)
    }
  }
}

extension CompletionLoopGroup {
  /// Pipes that are in use on any of the loops.
  func pipesInUse() async -> Int {
    var count = 0
    for loop in loops { count += await loop.ask { loop.streams.pipes.lentCount } }
    return count
  }

  /// Bytes that have gone through pipes.
  func splicedByteCount() async -> UInt64 {
    var count: UInt64 = 0
    for loop in loops { count += await loop.ask { loop.statistics.bytesSpliced } }
    return count
  }
}
