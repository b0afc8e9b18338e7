// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import SimulatedKernel
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// Relays under every fault that ends no connection, and in virtual time.
@Suite struct RelaySimulationTests {
  /// A client and a server with a relay between them.
  private static func withRelay<Result>(
    on group: CompletionLoopGroup, idleLimit: Duration? = nil, way: RelayWay = RelayWay(),
    _ body: (StreamConnection, StreamConnection) async throws -> Result
  ) async throws -> (Result, RelayError?) {
    let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
    let address = "\(listener.localAddress)"
    let client = try await StreamConnection.connect(to: address, on: group)
    let first = try await listener.accept()
    let second = try await StreamConnection.connect(to: address, on: group)
    let server = try await listener.accept()
    listener.abort()
    async let ending: RelayError? = {
      do throws(RelayError) {
        _ = try await Relay(first, second, idleLimit: idleLimit, way: way).runAndClose()
        return nil
      } catch {
        return error
      }
    }()
    let result = try await body(client, server)
    let error = await ending
    await client.close()
    await server.close()
    return (result, error)
  }

  @Test("Every byte arrives, both ways", arguments: 1...20 as ClosedRange<UInt64>)
  func everyByte(seed: UInt64) throws {
    let (there, back) = (numbered(20_000), numbered(30_000, from: 9))
    let simulation = SimulationTests.simulation(seed: seed, faults: .transient(rate: 0.05))
    let (received, error) = try simulation.run { group in
      try await Self.withRelay(on: group) { client, server in
        try await Self.exchange(there, back, client, server)
      }
    }
    #expect(error == nil)
    #expect(firstDifference(received[0], there) == nil)
    #expect(firstDifference(received[1], back) == nil)
  }

  /// Sends both ways at once and ends both.
  ///
  /// - Returns: What has come to the server, and what has come back.
  private static func exchange(
    _ there: [UInt8], _ back: [UInt8], _ client: StreamConnection, _ server: StreamConnection
  ) async throws -> [[UInt8]] {
    async let sending: Void = client.send(there)
    async let answering: Void = server.send(back)
    async let arrived = server.receive(atMost: there.count)
    let returned = try await client.receive(atMost: back.count)
    let result = [try await arrived, returned]
    _ = try await (sending, answering)
    try await client.finishSending()
    try await server.finishSending()
    return result
  }

  @Test(
    "A direction that wants a pipe and is refused one goes on with buffers",
    arguments: KernelTier.allCases, 1...10 as ClosedRange<UInt64>)
  func refusedPipe(tier: KernelTier, seed: UInt64) throws {
    // The first full buffers, behind which a receive is armed still, lead to a splice.
    let way = RelayWay.buffers(
      fullByteCount: RelayWay.leastNeeded - 200, needed: RelayWay.leastNeeded)
    var configuration = SimulationConfiguration()
    configuration.features = tier.features
    configuration.loopCount = 2
    configuration.loop.bufferCount = 8
    configuration.loop.bufferSize = 64
    configuration.network.sendBufferByteCount = 500
    configuration.network.receiveBufferByteCount = 500
    let (there, back) = (numbered(20_000), numbered(10_000, from: 9))
    var faults = FaultPlan.transient(rate: 0.05)
    faults[.answer(.splice, .invalidArgument)] = 1
    let simulation = Simulation(seed: seed, faults: faults, configuration: configuration)
    let (received, error) = try simulation.run { group in
      try await Self.withRelay(on: group, way: way) { client, server in
        try await Self.exchange(there, back, client, server)
      }
    }
    #expect(error == nil)
    #expect(firstDifference(received[0], there) == nil)
    #expect(firstDifference(received[1], back) == nil)
  }

  @Test(
    "Every byte arrives through a pipe, in steps of any size, both ways",
    arguments: KernelTier.allCases, 1...10 as ClosedRange<UInt64>)
  func throughPipe(tier: KernelTier, seed: UInt64) throws {
    let way = RelayWay.pipe(smallCount: 0, byteCount: 0, needed: RelayWay.leastNeeded)
    var configuration = SimulationConfiguration()
    configuration.features = tier.features
    configuration.loopCount = 2
    // Steps that pay are larger than 128 KiB; after three that do not the pipe is left.
    configuration.network.sendBufferByteCount = 400_000
    configuration.network.receiveBufferByteCount = 400_000
    let (there, back) = (numbered(1_000_000), numbered(700_000, from: 9))
    let simulation = Simulation(
      seed: seed, faults: .transient(rate: 0.02), configuration: configuration)
    let ((received, error), splicedCount) = try simulation.run { group in
      let outcome = try await Self.withRelay(on: group, way: way) { client, server in
        try await Self.exchange(there, back, client, server)
      }
      return (outcome, await group.statistics().reduce(0) { $0 + $1.counts.bytesSpliced })
    }
    #expect(error == nil)
    #expect(firstDifference(received[0], there) == nil)
    #expect(firstDifference(received[1], back) == nil)
    #expect(splicedCount > 0)
  }

  @Test("Ends when both directions are idle, and not while one moves")
  func idle() throws {
    let simulation = SimulationTests.simulation(seed: 1, faults: .none)
    let (byteCount, error) = try simulation.run { group in
      try await Self.withRelay(on: group, idleLimit: .seconds(1)) { client, server in
        var byteCount = 0
        // Ten times the limit, in steps that are shorter.
        for _ in 0..<20 {
          try await client.send([1])
          byteCount += try await server.receive(atMost: 1).count
          try await client.loop.sleep(for: .milliseconds(500))
        }
        return byteCount
      }
    }
    #expect(byteCount == 20)
    #expect(error?.side == nil && error?.error.errno == .timedOut)
    #expect(error?.counts.firstToSecond == 20)
  }
}
