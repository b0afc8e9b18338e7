// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Workloads

/// The workloads are programs like any other: they run on the real kernel, too.
@Suite struct RealKernelTests {
  @Test(arguments: Workload.allCases)
  func runsWithoutASimulation(_ workload: Workload) async throws {
    let scenario = Scenario(workload, seed: 1, operationCount: 200)
    let ledger = try await Episode.onRealKernel(scenario)
    #expect(ledger.violations == [])
    #expect(ledger.begunCount > 0)
  }
}
