// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import SimulatedKernel
import SystemPackage
import Testing
import Uring

/// A close returns when its descriptor is free, at the limit of descriptors, in every tier.
@Suite struct FreeDescriptorTests {
  @Test(arguments: KernelTier.allCases, ["127.0.0.1:0", "unix:@free descriptor"])
  func aDescriptorIsFreeBehindItsClose(tier: KernelTier, address: String) throws {
    for seed in 1...5 as ClosedRange<UInt64> {
      var configuration = SimulationConfiguration()
      configuration.features = tier.features
      // The listener, and one connection; nobody accepts its other end.
      configuration.network.descriptorLimit = 2
      var faults = FaultPlan()
      faults[.lateWakeUp] = 0.2
      faults[.partialSubmission] = 0.2
      faults[.answer(.close, .interrupted)] = 0.2
      let simulation = Simulation(seed: seed, faults: faults, configuration: configuration)
      let connectCount = try simulation.run { group in
        let loop = group.next()
        let listener = try await StreamListener.bind(to: address, on: group)
        for _ in 0..<20 {
          let connection = try await StreamConnection.connect(
            to: listener.localAddress, on: loop)
          try await connection.send([1, 2, 3])
          await connection.close()
        }
        return 20
      }
      #expect(connectCount == 20)
    }
  }
}
