// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import Testing

@testable import uring_bench

@Suite("Storms", .timeLimit(.minutes(3)), .serialized)
struct StormTests {
  @Test(
    "lose nothing, in small",
    arguments: StormName.allCases, [EngineName.completionHandler, .completionAsync])
  func small(storm: StormName, engine: EngineName) async throws {
    let outcome = try await onThread {
      var settings = StormsSettings(engines: [engine], storms: [storm], connections: 50)
      settings.steadyConnections = 10
      settings.secondsBefore = 0.1
      settings.secondsOfWarmup = 0.05
      settings.secondsAfter = 0.2
      settings.roundSeconds = 0.02
      settings.limitSeconds = 30
      return StormTrial(settings: settings, program: try Executable.path()).outcome(engine, storm)
    }
    #expect(outcome.failure == nil)
    #expect(!outcome.isFailure)
    #expect(outcome.peers?.served == 50)
    #expect((outcome.peers?.echoedBytes ?? 0) >= 50)
    #expect(outcome.descriptorsAfter == outcome.descriptorsBefore)
    #expect(outcome.latencies?.before != nil && outcome.latencies?.after != nil)
    #expect((outcome.peers?.waited ?? 0) > 0 || storm != .descriptors)
  }

  @Test("notice a changed byte", arguments: [StormName.drip, .slowReaders])
  func changedByte(storm: StormName) async throws {
    let result = try await Self.spoil(.flip, storm)
    #expect(result.wrongBytes > 0)
    #expect(result.lostConnections == 1)
  }

  @Test("notice a byte too many")
  func extraByte() async throws {
    #expect(try await Self.spoil(.double, .drip).wrongBytes == 1)
  }

  @Test("notice a byte that never comes")
  func lostByte() async throws {
    let result = try await Self.spoil(.lose, .drip)
    // The byte behind it comes in its place.
    #expect(result.hasLosses)
  }

  @Test("well-behaved peers notice a changed byte and a byte too many", arguments: [false, true])
  func steady(isDoubled: Bool) async throws {
    let result = try await onThread {
      let server = try Spoiler(isDoubled ? .double : .flip)
      var load = try SteadyLoad(
        server: try IPv4Endpoint(host: "127.0.0.1", port: server.port), count: 1, perSecond: 1000)
      var ends: [Int32] = [-1, -1]
      _ = unsafe pipe(&ends)
      defer { for end in ends { close(end) } }
      load.run(untilReadable: ends[0])
      return load.result
    }
    #expect(result.wrongBytes > 0)
    #expect(result.lostConnections == 1)
    #expect(result.hasLosses)
  }

  @Test("are chosen by name")
  func options() throws {
    let command = try StormsCommand.parse(["--storms", "drip,connect,drip", "--engines", "nio"])
    #expect(command.storms == [.drip, .connect])
    #expect(command.engines == [.nio])
    #expect(command.connections == 10_000)
    #expect(throws: (any Error).self) { try StormsCommand.parse(["--storms", "hail"]) }
    #expect(throws: (any Error).self) { try StormsCommand.parse(["--connections", "20000"]) }
    let serve = try ServeCommand.parse(
      ["--engine", "nio", "--port", "0", "--descriptor-limit", "99"])
    #expect(serve.descriptorLimit == 99)
  }

  private static func spoil(_ fault: Spoiler.Fault, _ storm: StormName) async throws -> StormResult
  {
    try await onThread {
      let server = try Spoiler(fault)
      var shape = StormShape(roundSeconds: 0.005)
      // More than the pieces that the server waits for, even if it takes several for one.
      shape.rounds = 64
      shape.stillness = 20_000_000
      var peers = try StormPeers(
        server: try IPv4Endpoint(host: "127.0.0.1", port: server.port), count: 1, shape: shape)
      peers.prepare(storm, seconds: 10)
      peers.run(storm, seconds: 2)
      return peers.result
    }
  }
}
