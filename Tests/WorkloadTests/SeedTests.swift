// SPDX-License-Identifier: Apache-2.0

import SimulatedKernel
import Testing

@testable import Workloads

/// Some seeds of each workload, short; `Scripts/simulate` runs the long form, optimized, and more of
/// it than a thousand seeds on every change.
@Suite struct SeedTests {
  static let seedsOfEach: UInt64 = 8

  typealias Model = SimulationConfiguration.Model

  @Test(arguments: Workload.allCases, Model.allCases)
  func nothingIsViolated(_ workload: Workload, _ model: Model) {
    for seed in 1...(model == .ring ? Self.seedsOfEach : Self.seedsOfEach / 4) {
      let episode = Episode(
        simulating: Scenario(workload, seed: seed, operationCount: 60, model: model))
      #expect(episode.problems == [], "step \(episode.step), --operations 60 \(episode.replay)")
    }
  }

  @Test(arguments: [(Model.ring, 40), (.readiness, 36)])
  func faultsOfManyKindsStrike(_ model: Model, _ kindCount: Int) {
    var counts = FaultCounts()
    for workload in Workload.allCases {
      for seed in 1...3 as ClosedRange<UInt64> {
        counts.add(
          Episode(
            simulating: Scenario(workload, seed: seed, operationCount: 200, model: model)
          ).report.faults)
      }
    }
    #expect(counts.counts.count > kindCount, "\(counts)")
    let isOfReadiness = counts.counts.keys.contains { $0.isOfReadiness }
    #expect(isOfReadiness == (model == .readiness))
  }
}
