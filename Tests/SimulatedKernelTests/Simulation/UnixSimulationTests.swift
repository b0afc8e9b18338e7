// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import SimulatedKernel
import TestSupport
import Testing
import Uring

/// Servers on Unix-domain sockets, under every fault.
@Suite struct UnixSimulationTests {
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func everyByteComesBack(seed: UInt64) throws {
    let bytes = (0..<50_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let simulation = SimulationTests.simulation(seed: seed, faults: .transient(rate: 0.05))
    let echoed = try simulation.run { group in
      let listener = try await StreamListener.bind(to: "unix:@echo", on: group)
      async let serving: Void = listener.serve(EchoServerTests.echo)
      let received = try await EchoServerTests.exchange(
        bytes, with: listener.localAddress, on: group)
      listener.abort()
      try await serving
      return received
    }
    #expect(firstDifference(echoed, bytes) == nil)
    #expect(simulation.report.faults.total > 0)
  }

  @Test(arguments: 1...10 as ClosedRange<UInt64>)
  func theSameSeedReplays(seed: UInt64) throws {
    let runs = try (0..<2).map { _ in
      let simulation = SimulationTests.simulation(seed: seed, faults: .everything(rate: 0.05))
      let byteCount = try SimulationTests.run(simulation, at: "unix:/run/echo")
      #expect(byteCount > 0)
      return simulation.report
    }
    #expect(runs[0] == runs[1])
  }
}
