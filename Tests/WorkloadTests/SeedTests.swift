import SimulatedKernel
import Testing

@testable import Workloads

/// A thousand seeds in all; `Scripts/simulate` runs the long form.
@Suite struct SeedTests {
  static let seedsOfEach: UInt64 = 1000 / UInt64(Workload.allCases.count)

  @Test(arguments: Workload.allCases)
  func nothingIsViolated(_ workload: Workload) {
    for seed in 1...Self.seedsOfEach {
      let episode = Episode(simulating: Scenario(workload, seed: seed, operationCount: 60))
      #expect(episode.problems == [], "step \(episode.step), --operations 60 \(episode.replay)")
    }
  }

  @Test func faultsOfManyKindsStrike() {
    var counts = FaultCounts()
    for workload in Workload.allCases {
      for seed in 1...10 as ClosedRange<UInt64> {
        counts.add(
          Episode(simulating: Scenario(workload, seed: seed, operationCount: 200)).report.faults)
      }
    }
    #expect(counts.counts.count > 40, "\(counts)")
  }
}
