// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import Testing

@testable import uring_bench

@Suite("Every engine", .timeLimit(.minutes(2)))
struct EngineTests {
  @Test(
    "echoes every byte, whatever the size and depth",
    arguments: EngineName.allCases, [(1, 1), (64, 16), (3001, 7), (1 << 20, 2)])
  func cleanEcho(name: EngineName, load: (size: Int, pipeline: Int)) async throws {
    let (result, counters) = try await onThread {
      let engine = try Self.start(name, port: 0)
      defer { engine.stop() }
      let result = try ShortLoad.run(
        port: engine.port, connections: 10, size: load.size, pipeline: load.pipeline)
      return (result, try engine.counters())
    }
    #expect(result.established == 10)
    #expect(result.connectFailures + result.shortConnections + result.stalledConnections == 0)
    #expect(result.badBytes == 0)
    #expect(result.firstFailure == nil)
    #expect(result.totalMessages > 0)
    #expect(counters.accepted == 10)
    #expect(counters.bytes >= result.totalMessages * UInt64(load.size))
  }

  @Test("echoes every byte through small buffers of the kernel", arguments: EngineName.allCases)
  func smallSocketBuffers(name: EngineName) async throws {
    let result = try await onThread {
      var configuration = try Self.configuration(port: 0)
      configuration.socketBufferSize = 4096
      let engine = try name.start(configuration)
      defer { engine.stop() }
      return try ShortLoad.run(port: engine.port, connections: 4, size: 1 << 17, pipeline: 2)
    }
    #expect(result.badBytes == 0)
    #expect(result.firstFailure == nil)
    #expect(result.totalMessages > 0)
  }

  @Test("refuses to steer connections to loops that are bound to no CPU")
  func receivingCPU() {
    let arguments = ["--engine", "completion-async", "--port", "0", "--receiving-cpu"]
    #expect(throws: (any Error).self) { try ServeCommand.parse(arguments) }
    #expect(throws: Never.self) { try ServeCommand.parse(arguments + ["--bind-loops"]) }
  }

  @Test("says why it cannot listen", arguments: EngineName.allCases)
  func portInUse(name: EngineName) async throws {
    let text = try await onThread {
      let taken = try TCP.listen(at: try IPv4Endpoint(host: "127.0.0.1", port: 0), backlog: 1)
      defer { close(taken.descriptor) }
      do {
        try Self.start(name, port: taken.port).stop()
        return "it listens"
      } catch {
        return "\(error)"
      }
    }
    #expect(text.contains("in use"))
  }

  private static func start(_ name: EngineName, port: UInt16) throws -> any EchoEngine {
    try name.start(try configuration(port: port))
  }

  private static func configuration(port: UInt16) throws -> EngineConfiguration {
    EngineConfiguration(
      endpoint: try IPv4Endpoint(host: "127.0.0.1", port: port), loops: 1, bufferSize: nil)
  }
}
