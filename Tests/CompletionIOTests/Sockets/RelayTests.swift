// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// Bytes that are carried between two connections.
@Suite("Relay", .timeLimit(.minutes(3)))
struct RelayTests {
  /// A client and a server that talk through a relay.
  struct Chain: Sendable {
    let client: StreamConnection
    let server: StreamConnection
    /// The relay's sides.
    let first: StreamConnection
    let second: StreamConnection
    let relaying: Task<Result<RelayCounts, RelayError>, Never>

    // The client's side is on the group's first loop, the server's on its last.
    init(
      on group: CompletionLoopGroup, at address: String = "127.0.0.1:0",
      idleLimit: Duration? = nil, options: SocketOptions = SocketOptions(),
      way: RelayWay = RelayWay()
    ) async throws {
      let listener = try await StreamListener.bind(to: address, on: group, options: options)
      let address = listener.localAddress
      client = try await StreamConnection.connect(
        to: address, on: group.loops[0], options: options)
      let first = try await listener.accept()
      self.first = first
      let second = try await StreamConnection.connect(
        to: address, on: group.loops[group.loops.count - 1], options: options)
      self.second = second
      server = try await listener.accept()
      listener.abort()
      relaying = Task(executorPreference: first.loop) {
        do throws(RelayError) {
          return .success(
            try await Relay(first, second, idleLimit: idleLimit, way: way).runAndClose())
        } catch {
          return .failure(error)
        }
      }
    }

    /// How the relay has ended.
    var ending: RelayError? {
      get async {
        if case .failure(let error) = await relaying.value { return error }
        return nil
      }
    }

    func close() async {
      client.abort()
      server.abort()
      _ = await relaying.value
      await client.close()
      await server.close()
    }
  }

  @Test("Carries both directions whole, each to its own end", arguments: [1, 2])
  func bothWays(loopCount: Int) async throws {
    try await withLoops(loopCount) { group in
      let chain = try await Chain(on: group)
      let (request, answer) = (numbered(3 << 20), numbered(5 << 20, from: 7))
      async let sending: Void = chain.client.send(request)
      let arrived = try await chain.server.receive(atMost: request.count)
      try await sending
      #expect(firstDifference(arrived, request) == nil)

      // The other direction goes on behind the end of this one.
      try await chain.client.finishSending()
      #expect(try await chain.server.receive() == nil)
      async let answering: Void = chain.server.send(answer)
      let back = try await chain.client.receive(atMost: answer.count)
      try await answering
      #expect(firstDifference(back, answer) == nil)
      try await chain.server.finishSending()
      #expect(try await chain.client.receive() == nil)

      let counts = try await chain.relaying.value.get()
      #expect(
        counts
          == RelayCounts(
            firstToSecond: UInt64(request.count), secondToFirst: UInt64(answer.count)))
      await chain.close()
    }
  }

  @Test("A reset on one side becomes a reset on the other, never a clean end")
  func reset() async throws {
    try await withLoops(2) { group in
      let chain = try await Chain(on: group)
      try await chain.client.send([1, 2, 3])
      #expect(try await chain.server.receive(atMost: 3) == [1, 2, 3])
      chain.client.reset()
      let told = await failure { () throws(SocketError) in try await chain.server.receiveAll() }
      #expect(told?.errno == .connectionReset)
      guard case .failure(let error) = await chain.relaying.value else {
        Issue.record("the relay ended well")
        return
      }
      #expect(error.side == .first && error.error.errno == .connectionReset)
      #expect(error.counts == RelayCounts(firstToSecond: 3, secondToFirst: 0))
      await chain.close()
    }
  }

  @Test("Cancelling resets both sides")
  func cancelled() async throws {
    try await withLoops { group in
      let chain = try await Chain(on: group)
      chain.relaying.cancel()
      guard case .failure(let error) = await chain.relaying.value else {
        Issue.record("the relay ended well")
        return
      }
      #expect(error.error.errno == .canceled)
      for connection in [chain.client, chain.server] {
        let told = await failure { () throws(SocketError) in try await connection.receiveAll() }
        #expect(told?.errno == .connectionReset)
      }
      await chain.close()
    }
  }

  @Test("Cancelling resets what goes on behind the end of one direction", arguments: 0..<20)
  func cancelledBehindEnd(attempt: Int) async throws {
    try await withLoops { group in
      let chain = try await Chain(on: group, idleLimit: .seconds(3600))
      try await chain.client.finishSending()
      #expect(try await chain.server.receive() == nil)
      chain.relaying.cancel()
      guard case .failure(let error) = await chain.relaying.value else {
        Issue.record("the relay ended well")
        return
      }
      #expect(error.error.errno == .canceled)
      let told = await failure { () throws(SocketError) in try await chain.client.receiveAll() }
      #expect(told?.errno == .connectionReset)
      await chain.close()
    }
  }

  @Test("Ends at the idle limit")
  func idle() async throws {
    try await withLoops { group in
      let chain = try await Chain(on: group, idleLimit: .milliseconds(20))
      guard case .failure(let error) = await chain.relaying.value else {
        Issue.record("the relay ended well")
        return
      }
      #expect(error.side == nil && error.error.errno == .timedOut)
      let told = await failure { () throws(SocketError) in try await chain.server.receiveAll() }
      #expect(told?.errno == .connectionReset)
      await chain.close()
    }
  }

  @Test("Sides that do not read stop the others' senders, and lose nothing")
  func slowReaders() async throws {
    let limit = 1 << 16
    try await withLoops(1, { $0.boundBytes(limit) }) { group in
      let loop = group.loops[0]
      let message = numbered(4 << 20)
      var chains: [Chain] = []
      for _ in 0..<20 { chains.append(try await Chain(on: group, options: .tight)) }
      let sending = chains.map { chain in Task { try await chain.client.send(message) } }
      for chain in chains {
        // Everything on the way is full.
        await loop.until { chain.client.stream.sending.state == .sending(.waiting) }
        await loop.until { chain.second.stream.sending.state == .sending(.waiting) }
      }
      let held = await loop.ask { [chains] in chains.map(\.heldByteCount) }
      let buffer = LoopConfiguration().bufferSize
      #expect(held.allSatisfy { $0 <= 2 * (limit + buffer) }, "\(held)")
      for (chain, sending) in zip(chains, sending) {
        let arrived = try await chain.server.receive(atMost: message.count)
        #expect(firstDifference(arrived, message) == nil)
        try await sending.value
        await chain.close()
      }
    }
  }
}

extension RelayTests.Chain {
  /// Bytes that the relay keeps in its own memory; on the loop's thread.
  var heldByteCount: Int { first.stream.receiving.byteCount + second.stream.unsentByteCount }
}

extension LoopConfiguration {
  /// Bounds what a connection may keep, in each direction.
  mutating func boundBytes(_ limit: Int) {
    unsentByteLimit = limit
    unclaimedByteLimit = limit
  }
}
