// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import Testing

@testable import uring_bench

@Suite("Connections that take turns", .timeLimit(.minutes(2)))
struct TurnTests {
  private static let size = 64

  /// What was found since connections were opened, and how many have sent a message.
  private struct Found {
    let result: WorkerResult
    let spoken: Int
    let underWay: Int
  }

  /// Opens connections, and runs `body`.
  private static func run(
    port: UInt16, connections: Int, _ body: @Sendable (inout EchoLoad) -> Void
  ) throws -> Found {
    let shape = try LoadShape.parse([
      "--port", "\(port)", "--connections", "\(connections)", "--size", "\(size)",
    ])
    var load = try EchoLoad(shape: shape, first: 0, count: connections)
    load.connectAll(
      EchoLoad.ConnectPlan(
        server: try IPv4Endpoint(host: shape.host, port: port), window: 4, perSource: 1000,
        deadline: MonotonicClock.now + 20_000_000_000))
    _ = load.takeResult()
    body(&load)
    let (spoken, underWay) = (spoken(load), load.underWay)
    return Found(result: load.takeResult(), spoken: spoken, underWay: underWay)
  }

  /// Connections that have sent more than their first byte.
  private static func spoken(_ load: borrowing EchoLoad) -> Int {
    var spoken = 0
    for index in 0..<load.count {
      let first = ContentTable.advance(ContentTable.start(of: index), by: 1)
      if unsafe load.connections[index].sendPosition != first { spoken += 1 }
    }
    return spoken
  }

  /// Rotates until `isDone`, or for 20 seconds: how far it gets in a time nobody knows.
  private static func rotate(
    _ load: inout EchoLoad, window: Int, silence: Silence = Silence(),
    until isDone: (borrowing EchoLoad) -> Bool
  ) {
    let end = MonotonicClock.now + 20_000_000_000
    repeat {
      load.rotate(
        begin: MonotonicClock.now, length: 200_000_000, window: window, silence: silence)
    } while !isDone(load) && MonotonicClock.now < end
  }

  @Test(
    "a sweep echoes one message on each connection",
    arguments: [EngineName.completionHandler, .completionAsync, .readinessEpoll])
  func sweep(name: EngineName) async throws {
    let (found, counters) = try await onThread {
      let engine = try Self.start(name)
      defer { engine.stop() }
      let found = try Self.run(port: engine.port, connections: 50) { load in
        load.sweep(window: 7)
      }
      return (found, try engine.counters())
    }
    let result = found.result
    #expect(found.spoken == 50)
    #expect(result.messages == 50 && result.totalMessages == 50)
    #expect(result.openConnections == 50)
    #expect(result.badBytes == 0 && result.lostMessages == 0)
    #expect(result.latencies.count == 50)
    // A byte each when they were opened.
    #expect(counters.bytes == UInt64(50 * (Self.size + 1)))
  }

  @Test(
    "a rotation reaches every connection",
    arguments: [EngineName.completionHandler, .completionAsync], [1, 7, 50, 80])
  func rotation(name: EngineName, window: Int) async throws {
    let found = try await onThread {
      let engine = try Self.start(name)
      defer { engine.stop() }
      return try Self.run(port: engine.port, connections: 50) { load in
        Self.rotate(&load, window: window) { Self.spoken($0) == 50 }
      }
    }
    let result = found.result
    #expect(found.spoken == 50 && found.underWay == 0)
    #expect(result.totalMessages >= 50)
    #expect(result.messages > 0 && result.messages == result.latencies.count)
    #expect(result.openConnections == 50)
    #expect(result.badBytes == 0 && result.lostMessages == 0 && result.firstFailure == nil)
  }

  @Test("a wrong byte is counted, and the rotation goes on without its connection")
  func wrongByte() async throws {
    let result = try await Self.rotateOnSpoiler(.flip)
    #expect(result.badBytes == UInt64(Self.size))
    #expect(result.lostMessages == 1)
    #expect(result.openConnections == 2)
    #expect(result.totalMessages > 100)
  }

  @Test("an answer that does not come is given up, and the rotation goes on")
  func lostByte() async throws {
    let result = try await Self.rotateOnSpoiler(.lose)
    #expect(result.stalledConnections == 1)
    #expect(result.lostMessages == 1)
    #expect(result.openConnections == 2)
    #expect(result.totalMessages > 100)
  }

  private static func rotateOnSpoiler(_ fault: Spoiler.Fault) async throws -> WorkerResult {
    try await onThread {
      let server = try Spoiler(fault, connections: 3)
      return try run(port: server.port, connections: 3) { load in
        Self.rotate(&load, window: 2, silence: Silence(limit: 2_000_000_000)) {
          $0.result.totalMessages > 100
        }
      }.result
    }
  }

  @Test("an open loop sends all messages that are due")
  func openLoop() async throws {
    let result = try await onThread {
      let engine = try Self.start(.completionHandler)
      defer { engine.stop() }
      return try Self.run(port: engine.port, connections: 10) { load in
        load.pace(begin: MonotonicClock.now, length: 100_000_000, perSecond: 1000)
      }.result
    }
    #expect(result.messages == 100 && result.latencies.count == 100)
    #expect(result.badBytes == 0 && result.lostMessages == 0)
  }

  @Test("latency of an open loop counts from when a message was due")
  func dueTime() async throws {
    let result = try await onThread {
      let engine = try Self.start(.completionHandler)
      defer { engine.stop() }
      return try Self.run(port: engine.port, connections: 10) { load in
        // All are late by almost a second before the first is sent.
        load.pace(
          begin: MonotonicClock.now - 1_000_000_000, length: 10_000_000, perSecond: 1000)
      }.result
    }
    #expect(result.messages == 10)
    #expect(try #require(result.latencies.microseconds(atPercentile: 1)) > 980_000)
  }

  @Test("a server that stalls shows in the open loop")
  func stall() async throws {
    let result = try await onThread {
      // It answers nothing before it has a message on each connection.
      let server = try HeldConnections(20) { connections in
        let held = connections.map { HeldConnections.receive(Self.size, from: $0) }
        for (connection, bytes) in zip(connections, held) {
          HeldConnections.send(bytes, to: connection)
        }
      }
      return try Self.run(port: server.port, connections: 20) { load in
        load.pace(begin: MonotonicClock.now, length: 20_000_000, perSecond: 1000)
      }.result
    }
    #expect(result.messages == 20)
    // The last message is due 19 ms after the first, and no answer comes before it.
    #expect(try #require(result.latencies.microseconds(atPercentile: 100)) >= 18_900)
    #expect(try #require(result.latencies.microseconds(atPercentile: 50)) >= 8_900)
  }

  @Test("an open loop ends when no connection is left")
  func nobodyLeft() async throws {
    let result = try await onThread {
      let server = try Spoiler(.flip, connections: 1)
      return try Self.run(port: server.port, connections: 1) { load in
        load.pace(begin: MonotonicClock.now, length: 100_000_000, perSecond: 1000)
      }.result
    }
    #expect(result.badBytes > 0)
    #expect(result.openConnections == 0)
    #expect(result.totalMessages + UInt64(result.lostMessages) == 100)
  }

  @Test("a check finds connections that the server has closed")
  func check() async throws {
    let result = try await onThread {
      let server = try HeldConnections(2) { connections in
        shutdown(connections[0], Int32(SHUT_WR))
      }
      return try Self.run(port: server.port, connections: 2) { load in
        while load.result.shortConnections == 0 { load.check() }
      }.result
    }
    #expect(result.shortConnections == 1)
    #expect(result.openConnections == 1)
  }

  private static func start(_ name: EngineName) throws -> any EchoEngine {
    try name.start(
      EngineConfiguration(
        endpoint: try IPv4Endpoint(host: "127.0.0.1", port: 0), loops: 1, bufferSize: nil,
        directDescriptors: name.hasDirectDescriptors ? 64 : 0))
  }
}
