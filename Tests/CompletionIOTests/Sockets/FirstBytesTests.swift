// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import Synchronization
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// Tasks that start with the first bytes of their connections.
@Suite("Tasks that start with the first bytes", .timeLimit(.minutes(2)))
struct FirstBytesTests {
  /// Begins to serve so.
  private static func serve(
    _ listener: StreamListener, limits: ServeLimits = ServeLimits(),
    _ session: nonisolated(nonsending) @escaping @Sendable (StreamConnection) async throws -> Void
  ) -> Task<Void, any Error> {
    Task { try await listener.serve(limits: limits, startingTasks: .withFirstBytes, session) }
  }

  /// Runs a body while a listener serves so.
  private static func withServer(
    limits: ServeLimits = ServeLimits(), policy: ResubmissionPolicy? = nil,
    _ session: nonisolated(nonsending) @escaping @Sendable (StreamConnection) async throws -> Void,
    _ body: (CompletionLoopGroup, StreamListener) async throws -> Void
  ) async throws {
    try await withLoops { group in
      let listener = try await StreamListener.bind(
        to: "127.0.0.1:0", on: group, policy: policy)
      let serving = Self.serve(listener, limits: limits, session)
      try await body(group, listener)
      await listener.close()
      try await serving.value
    }
  }

  @Test("A connection without bytes has no task, and its first bytes are the body's")
  func firstBytes() async throws {
    let bodies = Tally()
    try await Self.withServer { connection in
      bodies.add()
      try await echo(connection)
    } _: { group, listener in
      var clients: [StreamConnection] = []
      for _ in 0..<10 {
        clients.append(
          try await StreamConnection.connect(to: listener.localAddress, on: group.loops[0]))
      }
      let loop = group.loops[0]
      await loop.until { loop.statistics.accepted == 10 }
      #expect(await loop.ask { loop.taskCount } == 0)
      #expect(bodies.value == 0)
      for client in clients.prefix(4) { try await client.exchange(100, times: 3) }
      #expect(bodies.value == 4)
      for client in clients { await client.close() }
    }
    #expect(bodies.value == 4)
  }

  @Test("A large first message comes whole")
  func largeMessage() async throws {
    try await Self.withServer {
      try await echo($0)
    } _: { group, listener in
      let client = try await StreamConnection.connect(
        to: listener.localAddress, on: group.loops[0])
      try await client.exchange(3 << 20)
      await client.close()
    }
  }

  @Test("A connection that ends, or is reset, before its first byte is closed without a body")
  func endWithoutBytes() async throws {
    let bodies = Tally()
    try await Self.withServer { _ in
      bodies.add()
    } _: { group, listener in
      let loop = group.loops[0]
      let first = try await StreamConnection.connect(to: listener.localAddress, on: loop)
      try await first.finishSending()
      #expect(try await first.receive() == nil)
      let second = try await StreamConnection.connect(to: listener.localAddress, on: loop)
      await loop.until { loop.statistics.accepted == 2 }
      second.reset()
      await loop.until { loop.acceptedCount == 0 }
      await first.close()
    }
    #expect(bodies.value == 0)
  }

  @Test("The listener's close ends connections without a task, and serve returns")
  func listenerCloses() async throws {
    try await Self.withServer {
      try await echo($0)
    } _: { group, listener in
      let loop = group.loops[0]
      let silent = try await StreamConnection.connect(to: listener.localAddress, on: loop)
      let speaking = try await StreamConnection.connect(to: listener.localAddress, on: loop)
      try await speaking.exchange(10)
      await loop.until { loop.statistics.accepted == 2 }
      await listener.close()
      #expect(try await silent.receive() == nil)
      try await speaking.exchange(10)
      await speaking.close()
      await silent.close()
    }
  }

  @Test("Cancelling the serving task ends all, with and without a task")
  func cancelled() async throws {
    try await withLoops { group in
      let loop = group.loops[0]
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      let serving = Self.serve(listener) { try await echo($0) }
      let silent = try await StreamConnection.connect(to: listener.localAddress, on: loop)
      let speaking = try await StreamConnection.connect(to: listener.localAddress, on: loop)
      try await speaking.exchange(10)
      await loop.until { loop.statistics.accepted == 2 }
      serving.cancel()
      try await serving.value
      #expect(try await silent.receive() == nil)
      await silent.close()
      speaking.abort()
      await speaking.close()
    }
  }

  @Test("A drain of the group ends connections that have asked for nothing")
  func drain() async throws {
    try await withLoops { group in
      let loop = group.loops[0]
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      let serving = Self.serve(listener) { try await echo($0) }
      let silent = try await StreamConnection.connect(to: listener.localAddress, on: loop)
      await loop.until { loop.statistics.accepted == 1 }
      #expect(try await group.drain(grace: .seconds(3600)) == 0)
      try await serving.value
      await silent.close()
    }
  }

  @Test("Connections without a task count, and one that ends makes room for the next")
  func limit() async throws {
    let limits = ServeLimits(connectionsPerLoop: 2)
    try await Self.withServer(limits: limits) {
      try await echo($0)
    } _: { group, listener in
      let loop = group.loops[0]
      let silent = [
        try await StreamConnection.connect(to: listener.localAddress, on: loop),
        try await StreamConnection.connect(to: listener.localAddress, on: loop),
      ]
      await loop.until { loop.statistics.accepted == 2 }
      let third = try await StreamConnection.connect(to: listener.localAddress, on: loop)
      try await third.send([7])
      let error = await failure { () async throws(SocketError) in
        _ = try await third.receive(timeout: .milliseconds(5))
      }
      #expect(error?.cause == .timeout)
      await silent[0].close()
      #expect(try await third.receive(atMost: 1) == [7])
      await third.close()
      await silent[1].close()
    }
  }

  @Test("A connection that stays silent beyond its limit is closed")
  func silentTooLong() async throws {
    let limits = ServeLimits(idleTime: .seconds(3600), receiveTime: .milliseconds(4))
    try await Self.withServer(limits: limits) {
      try await echo($0)
    } _: { group, listener in
      let client = try await StreamConnection.connect(
        to: listener.localAddress, on: group.loops[0])
      _ = await failure { () async throws(SocketError) in _ = try await client.receive() }
      let loop = group.loops[0]
      await loop.until { loop.acceptedCount == 0 && loop.core.timers.count == 0 }
      await client.close()
    }
  }

  @Test("A body under a policy that does not wait is told of would-block answers")
  func policy() async throws {
    let answers = Mutex<[Errno?]>([])
    try await Self.withServer(policy: .nonblocking) { connection in
      _ = try await connection.receive()
      let error = await failure { () async throws(SocketError) in
        _ = try await connection.receive()
      }
      answers.withLock { $0.append(error?.errno) }
    } _: { group, listener in
      let client = try await StreamConnection.connect(
        to: listener.localAddress, on: group.loops[0])
      try await client.send([1])
      await group.loops[0].until { answers.withLock { !$0.isEmpty } }
      await client.close()
    }
    #expect(answers.withLock { $0 } == [.resourceTemporarilyUnavailable])
  }
}
