// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import Synchronization
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// Peers that do not read, and programs that do not.
@Suite("Backpressure", .timeLimit(.minutes(3)))
struct BackpressureTests {
  @Test("A send waits for a peer that does not read, and loses nothing")
  func sendWaits() async throws {
    try await withPair(options: .tight) { near, far in
      let message = numbered(4 << 20)
      let isDone = Event()
      let sending = Task {
        try await near.send(message)
        isDone.happen()
      }
      await near.loop.until { near.stream.sending.state == .sending(.waiting) }
      #expect(!isDone.hasHappened)
      let received = try await far.receive(atMost: message.count)
      #expect(firstDifference(received, message) == nil)
      try await sending.value
    }
  }

  @Test("Owned sends wait at the limit of unsent bytes")
  func ownedSendsWait() async throws {
    let limit = 1 << 16
    try await withLoops(1, { $0.unsentByteLimit = limit }) { group in
      let server = Mutex<StreamConnection?>(nil)
      try await withServer(on: group, options: .tight) { connection in
        server.withLock { $0 = connection }
        while let chunk = try await connection.receive() { try await connection.enqueue(chunk) }
      } _: { address in
        let client = try await StreamConnection.connect(
          to: address, on: group.loops[0], options: .tight)
        let message = numbered(8 << 20)
        let isDone = Event()
        let sending = Task {
          try await client.send(message)
          isDone.happen()
        }
        await client.loop.until {
          server.withLock { ($0?.stream.unsentByteCount ?? 0) + 32768 > limit }
        }
        #expect(!isDone.hasHappened)
        #expect(server.withLock { $0?.stream.unsentByteCount ?? 0 } <= limit + 32768)
        let received = try await client.receive(atMost: message.count)
        #expect(firstDifference(received, message) == nil)
        try await sending.value
        server.withLock { $0 = nil }
        await client.close()
      }
    }
  }

  @Test("A send past its deadline tells exactly what went out")
  func sendTimesOut() async throws {
    try await withPair(options: .tight) { near, far in
      let message = numbered(8 << 20)
      let error = await failure { () async throws(SocketError) in
        try await near.send(message, timeout: .milliseconds(20))
      }
      #expect(error?.errno == .timedOut)
      #expect(error?.cause == .timeout)
      let sentCount = try #require(error?.byteCount)
      #expect(sentCount > 0 && sentCount < message.count)
      // The connection goes on where the send stopped.
      let sending = Task {
        try await near.send(Array(message[sentCount..<sentCount + 5000]))
        try await near.finishSending()
      }
      let received = try await far.receiveAll()
      #expect(firstDifference(received, message[..<(sentCount + 5000)]) == nil)
      try await sending.value
    }
  }

  @Test(
    "Slow readers do not use up the pool",
    arguments: [(2, nil), (4, nil), (2, 16384), (4, 16384)] as [(Int, Int?)],
    EchoTests.Face.allCases)
  func slowReaders(buffers: (count: Int, incrementalSize: Int?), face: EchoTests.Face) async throws
  {
    let clients = try CompletionLoopGroup(count: 1)
    let change = { (configuration: inout LoopConfiguration) in
      configuration.bufferCount = buffers.count
      configuration.incrementalBufferSize = buffers.incrementalSize
    }
    try await withLoops(1, change) { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group, options: .tight)
      let serving = Task { try await EchoTests().serve(listener, face) }
      let message = numbered(1 << 20)
      var slow: [(StreamConnection, Task<Void, any Error>)] = []
      for _ in 0..<8 {
        let connection = try await StreamConnection.connect(
          to: listener.localAddress, on: clients.loops[0], options: .tight)
        slow.append((connection, Task { try await connection.send(message) }))
      }
      // Blocked both ways: the server cannot send, so it stops receiving, so the client waits.
      for (connection, _) in slow {
        await connection.loop.until { connection.stream.sending.state == .sending(.waiting) }
      }
      let lively = try await StreamConnection.connect(
        to: listener.localAddress, on: clients.loops[0])
      try await lively.exchange(100, times: 200)
      try await lively.exchange(70_000, times: 4)
      for (connection, sending) in slow {
        let back = try await connection.receive(atMost: message.count)
        #expect(firstDifference(back, message) == nil)
        try await sending.value
        await connection.close()
      }
      await lively.close()
      listener.abort()
      try await serving.value
    }
    await clients.close()
  }

  @Test("A program that does not claim what it received stops receiving")
  func unclaimedLimit() async throws {
    let limit = 1 << 16
    try await withPair(options: .tight, { $0.unclaimedByteLimit = limit }) { near, far in
      let message = numbered(4 << 20)
      let isDone = Event()
      let sending = Task {
        try await near.send([7])
        try await near.send(message)
        isDone.happen()
      }
      // A part of the message may come along with the byte before it.
      let first = try await far.receive(atMost: 1)
      await far.loop.until { far.stream.receiving.byteCount > limit }
      await far.loop.until { far.stream.receiving.state == .idle }
      #expect(!isDone.hasHappened)
      let held = await far.loop.ask { far.stream.receiving.byteCount }
      #expect(held < limit + 33 * 32768)
      let rest = try await far.receive(atMost: 1 + message.count - first.count)
      #expect(first + rest == [7] + message)
      try await sending.value
    }
  }

  @Test("A handler stops hearing of bytes while its peer does not read")
  func handlerPauses() async throws {
    let limit = 1 << 16
    try await withLoops(1, { $0.unsentByteLimit = limit }) { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group, options: .tight)
      let highest = Atomic<Int>(0)
      try listener.handle(
        StreamHandler(
          received: { stream, chunk in
            stream.enqueue(chunk)
            highest.max(stream.unsentByteCount, ordering: .relaxed)
          },
          ended: { stream, _ in stream.close() }))
      let client = try await StreamConnection.connect(
        to: listener.localAddress, on: group.loops[0], options: .tight)
      let message = numbered(4 << 20)
      let sending = Task { try await client.send(message) }
      await client.loop.until { highest.load(ordering: .relaxed) > limit }
      let received = try await client.receive(atMost: message.count)
      #expect(firstDifference(received, message) == nil)
      try await sending.value
      // What was on its way when the limit was passed comes on top of it.
      #expect(highest.load(ordering: .relaxed) < limit + 33 * 32768)
      await client.close()
      listener.abort()
    }
  }
}
