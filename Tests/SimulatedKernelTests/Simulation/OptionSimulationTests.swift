// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import SimulatedKernel
import SystemPackage
import TestSupport
import Testing
import Uring

/// Servers that set options, without a kernel and under every fault.
@Suite struct OptionSimulationTests {
  @Test(arguments: 1...10 as ClosedRange<UInt64>)
  func optionsAreKeptAndInherited(seed: UInt64) throws {
    var options = SocketOptions()
    options.set(.keepAlive, to: true)
    options.setOnAccepted(.receiveLowWaterMark, to: 3)
    let asked = options
    let simulation = SimulationTests.simulation(seed: seed, faults: .transient(rate: 0.05))
    let values = try simulation.run { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group, options: asked)
      try await listener.setOption(.keepAliveIdle, to: .seconds(30))
      let client = try await StreamConnection.connect(to: listener.localAddress, on: group.next())
      let server = try await listener.accept()
      try await client.setOption(.userTimeout, to: .milliseconds(1500))
      let values = [
        "\(try await server.option(.keepAlive))", "\(try await server.option(.keepAliveIdle))",
        "\(try await server.option(.receiveLowWaterMark))",
        "\(try await client.option(.keepAlive))", "\(try await client.option(.userTimeout))",
        "\(try await client.option(.noDelay))",
      ]
      await client.close()
      await server.close()
      await listener.close()
      return values
    }
    #expect(values == ["true", "\(Duration.seconds(30))", "3", "false", "1.5 seconds", "true"])
  }

  /// A descriptor that stays open, or a call on one that is closed, would fail the simulation.
  @Test(arguments: ["127.0.0.1:0", "unix:@options"])
  func whatIsRefusedOrClosedLeavesNothingOpen(_ address: String) throws {
    let unknown = SocketOption<Int32>.raw(level: 1, number: 9999)
    var refused = SocketOptions()
    refused.set(unknown, to: 1)
    var refusedLater = SocketOptions()
    refusedLater.setOnAccepted(unknown, to: 1)
    let (asked, askedLater) = (refused, refusedLater)
    let errors = try Simulation(seed: 1).run { group in
      var errors: [SocketError?] = []
      errors.append(
        await failure {
          _ = try await StreamListener.bind(to: address, on: group, options: asked)
        })
      let listener = try await StreamListener.bind(to: address, on: group, options: askedLater)
      errors.append(
        await failure {
          _ = try await StreamConnection.connect(
            to: listener.localAddress, on: group.next(), options: asked)
        })
      let client = try await StreamConnection.connect(to: listener.localAddress, on: group.next())
      errors.append(await failure { _ = try await listener.accept() })
      await client.close()
      errors.append(await failure { try await client.setOption(.keepAlive, to: true) })
      await listener.close()
      errors.append(await failure { _ = try await listener.option(.keepAlive) })
      return errors
    }
    let expected: [Errno] = [
      .protocolNotAvailable, .protocolNotAvailable, .protocolNotAvailable, .badFileDescriptor,
      .badFileDescriptor,
    ]
    #expect(errors.map { $0?.errno } == expected)
  }

  private func failure(_ body: () async throws -> Void) async -> SocketError? {
    do {
      try await body()
      return nil
    } catch {
      return error as? SocketError
    }
  }
}
