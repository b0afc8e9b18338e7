// SPDX-License-Identifier: Apache-2.0

import SimulatedKernel
import TestSupport
import Testing
import Uring

/// Loops that use the requests of older kernels.
@Suite struct TierTests {
  /// Whole echoes with everything that goes wrong and ends no connection.
  @Test(arguments: KernelTier.allCases, 1...5 as ClosedRange<UInt64>)
  func everyTierEchoes(tier: KernelTier, seed: UInt64) throws {
    let bytes = (0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    var configuration = SimulationConfiguration()
    configuration.features = tier.features
    configuration.network.sendBufferByteCount = 1000
    let simulation = Simulation(
      seed: seed, faults: .transient(rate: 0.05), configuration: configuration)
    let echoed = try simulation.run { group in
      try await EchoServerTests.exchange(bytes, on: group)
    }
    #expect(firstDifference(echoed, bytes) == nil)
  }
}
