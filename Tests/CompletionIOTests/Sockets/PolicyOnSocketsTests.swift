// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// What each policy does with a real would-block answer.
@Suite("Policies on sockets", .timeLimit(.minutes(3)))
struct PolicyOnSocketsTests {
  static let message = numbered(4 << 20)

  @Test(
    "A policy that shows EAGAIN says exactly how much went out",
    arguments: [ResubmissionPolicy.nonblocking, .retry(limit: 3)])
  func surfaces(policy: ResubmissionPolicy) async throws {
    try await withPair(options: .tight, policy: policy) { near, far in
      var sentCount = 0
      // Nobody reads before the first refusal, however slow the machine is.
      var receiving: Task<[UInt8], any Error>?
      while sentCount < Self.message.count {
        let rest = Array(Self.message[sentCount...])
        let error = await failure { () async throws(SocketError) in try await near.send(rest) }
        guard let error else { break }
        #expect(error.errno == .resourceTemporarilyUnavailable)
        #expect(error.cause == .kernel)
        if policy == .retry(limit: 3), error.byteCount == 0 { #expect(error.attempts == 4) }
        sentCount += error.byteCount
        receiving = receiving ?? Task { try await far.receive(atMost: Self.message.count) }
        await Task.yield()
      }
      let received = try await #require(receiving).value
      #expect(firstDifference(received, Self.message) == nil)
    }
  }

  @Test("Backing off sleeps and tries again until all is out")
  func backsOff() async throws {
    try await withPair(
      options: .tight, policy: .backoff(initial: .milliseconds(1), limit: .milliseconds(4))
    ) { near, far in
      let sending = Task { try await near.send(Self.message) }
      await near.loop.until { near.loop.statistics.count(of: .backOff) >= 3 }
      let received = try await far.receive(atMost: Self.message.count)
      #expect(firstDifference(received, Self.message) == nil)
      try await sending.value
    }
  }

  @Test(
    "Queued bytes outlive a would-block answer, which has nobody to hear it",
    arguments: [
      ResubmissionPolicy.nonblocking, .retry(limit: 2),
      .backoff(initial: .milliseconds(1), limit: .milliseconds(2)), .completion,
    ])
  func queuedSends(policy: ResubmissionPolicy) async throws {
    try await withLoops { group in
      try await withServer(on: group, options: .tight, policy: policy) { connection in
        while let chunk = try await nextChunk(of: connection) {
          try await connection.enqueue(chunk)
        }
      } _: { address in
        let client = try await StreamConnection.connect(
          to: address, on: group.loops[0], options: .tight)
        // Less than the limit of unsent bytes, so that no send has to wait.
        let message = numbered(200_000)
        try await client.send(message)
        let loop = group.loops[0]
        await loop.until { loop.statistics.bytesReceived >= message.count }
        let received = try await client.receive(atMost: message.count)
        #expect(firstDifference(received, message) == nil)
        await client.close()
      }
    }
  }

  @Test("An empty receive buffer", arguments: [ResubmissionPolicy.nonblocking, .retry(limit: 2)])
  func emptyReceiveBuffer(policy: ResubmissionPolicy) async throws {
    try await withPair(policy: policy) { near, far in
      let error = await failure { () async throws(SocketError) in
        _ = try await near.receive(8)
      }
      #expect(error?.errno == .resourceTemporarilyUnavailable)
      #expect(error?.operation == .receive)
      #expect(error?.attempts == (policy == .nonblocking ? 1 : 3))
      let leased = await failure { () async throws(SocketError) in _ = try await near.receive() }
      #expect(leased?.errno == .resourceTemporarilyUnavailable)
      try await far.send([1, 2, 3])
      #expect(try await near.receive(8) == [1, 2, 3])
      await far.close()
      #expect(try await near.receive(8) == [])
    }
  }

  @Test("A receive backs off until bytes come")
  func receiveBacksOff() async throws {
    try await withPair(policy: .backoff(initial: .milliseconds(1), limit: .milliseconds(1))) {
      near, far in
      let receiving = Task { try await near.receive(8) }
      await near.loop.until { near.loop.statistics.count(of: .backOff) >= 2 }
      try await far.send([4, 5])
      #expect(try await receiving.value == [4, 5])
    }
  }

  @Test("A policy changes with the next operation")
  func setPolicy() async throws {
    try await withPair { near, far in
      near.setPolicy(.nonblocking)
      let error = await failure { () async throws(SocketError) in _ = try await near.receive(1) }
      #expect(error?.errno == .resourceTemporarilyUnavailable)
      near.setPolicy(.completion)
      let receiving = Task { try await near.receive(1) }
      try await far.send([9])
      #expect(try await receiving.value == [9])
    }
  }
}

/// Receives, and asks again when the policy shows that nothing has come yet.
private nonisolated(nonsending) func nextChunk(
  of connection: StreamConnection
) async throws(SocketError) -> BufferLease? {
  while true {
    do throws(SocketError) {
      return try await connection.receive()
    } catch {
      guard error.errno == .resourceTemporarilyUnavailable else { throw error }
    }
  }
}
