// SPDX-License-Identifier: Apache-2.0

import SimulatedKernel
import Testing

@testable import Workloads

/// A seed is a run: the same events in the same order, each time.
@Suite struct ReplayTests {
  static let seeds: [(SimulationConfiguration.Model, UInt64)] = [
    (.ring, 11), (.ring, 12), (.readiness, 11),
  ]

  @Test(arguments: Workload.allCases, seeds)
  func theSameSeedIsTheSameRun(
    _ workload: Workload, _ run: (model: SimulationConfiguration.Model, seed: UInt64)
  ) {
    let scenario = Scenario(
      workload, seed: run.seed, operationCount: 200, model: run.model)
    let first = Episode(simulating: scenario)
    let second = Episode(simulating: scenario, traceLimit: 50)
    #expect(first.report == second.report)
    #expect(first.ledger.digest == second.ledger.digest)
    #expect(first.digest == second.digest)
  }

  @Test func anotherSeedIsAnotherRun() {
    let digests = (1...20 as ClosedRange<UInt64>).map { seed in
      Episode(simulating: Scenario(.echo, seed: seed, operationCount: 50)).digest
    }
    #expect(Set(digests).count == digests.count)
  }
}
