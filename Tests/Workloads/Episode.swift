// SPDX-License-Identifier: Apache-2.0

package import SimulatedKernel

/// One run of a scenario in a simulation, from the first operation to the last check.
package struct Episode: Sendable {
  /// Operations that an episode begins: enough for a few sessions of each kind, few enough that a
  /// failure is soon repeated.
  package static let operationCount = 1000

  /// What was run.
  package let scenario: Scenario
  /// What happened in the simulation.
  package let report: SimulationReport
  /// What the operations of the run did.
  package let ledger: Ledger
  /// What went wrong, in order; empty if nothing did.
  package let problems: [String]
  /// The step at which it went wrong, in turns of loops.
  package let step: Int
  /// The last things that happened before that, if a trace was asked for.
  package let trace: [String]

  /// Runs a scenario.
  ///
  /// - Parameters:
  ///   - scenario: What to run.
  ///   - traceLimit: Lines of trace to keep.
  package init(simulating scenario: Scenario, traceLimit: Int = 0) {
    self.scenario = scenario
    let ledger = Ledger(budget: scenario.operationCount)
    self.ledger = ledger
    var configuration = scenario.simulation
    configuration.traceLimit = traceLimit
    let simulation = Simulation(
      seed: scenario.seed, faults: scenario.faults, configuration: configuration)
    let checker = InvariantChecker(ledger, faults: scenario.faults)
    simulation.afterStep = { turn in try checker.check(turn) }
    var failure: (any Error)?
    do {
      try simulation.run { group in
        checker.watch(group)
        let world = World(scenario, on: group, ledger)
        await world.run()
        world.announceStop()
      }
      checker.checkEnd()
    } catch {
      failure = error
    }
    report = simulation.report
    step = checker.step
    trace = (failure as? SimulationError)?.trace ?? checker.trace
    let placeProblem = InvariantChecker.placeProblem(in: report, scenario.configuration)
    if let placeProblem { ledger.violation(placeProblem) }
    let failures = failure.flatMap(Self.problem) ?? []
    // The operations that have not ended show what is stuck.
    if !failures.isEmpty { ledger.checkEnd() }
    problems = failures + ledger.violations
  }

  private static func problem(_ error: any Error) -> [String]? {
    if error is InvariantChecker.Violated { return nil }
    guard let error = error as? SimulationError else { return ["\(error)"] }
    if case .violated(let violations) = error.reason { return violations }
    return ["\(error.reason)"]
  }

  /// A digest of the run: equal for equal runs.
  package var digest: UInt64 {
    report.digest ^ (ledger.digest &* 31) ^ UInt64(report.stepCount)
  }

  /// The options of `uring-simulate` that run the episode again.
  package var replay: String {
    "--workload \(scenario.workload.rawValue) --kernel \(scenario.simulation.model.rawValue) "
      + "--seed \(scenario.seed) --seeds 1"
  }
}
