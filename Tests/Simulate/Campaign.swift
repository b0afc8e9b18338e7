// SPDX-License-Identifier: Apache-2.0

import SimulatedKernel
import Workloads

/// Episodes of some workloads, one seed after the other.
struct Campaign {
  private let workloads: [Workload]
  private let firstSeed: UInt64
  /// Episodes of each workload; `nil` for as many as the operations need.
  private let seedCount: Int?
  private let operationCount: Int
  private let traceLimit: Int
  private let model: SimulationConfiguration.Model
  private var summary = Summary()

  init(_ command: UringSimulate) {
    firstSeed = command.seed
    seedCount = command.seeds.flatMap { $0 > 0 ? $0 : nil }
    operationCount = command.operations
    traceLimit = command.trace
    model = command.kernel
    workloads = command.workload.map { [$0] } ?? Workload.allCases
  }

  /// Runs everything, or to the first failure.
  ///
  /// - Returns: Whether nothing was violated.
  mutating func run() -> Bool {
    for workload in workloads where !run(workload) { return false }
    print("\n\(summary)")
    return true
  }

  private mutating func run(_ workload: Workload) -> Bool {
    let clock = ContinuousClock()
    let start = clock.now
    var progress = Progress(workload.rawValue, of: seedCount ?? operationCount)
    var (seed, operations, episodes) = (firstSeed, 0, 0)
    while seedCount.map({ episodes < $0 }) ?? (operations < operationCount) {
      let scenario = Scenario(
        workload, seed: seed, operationCount: Episode.operationCount, model: model)
      CrashNote.set(
        "CRASHED: --workload \(workload.rawValue) --kernel \(model.rawValue) --seed \(seed) --seeds 1"
      )
      let episode = Episode(simulating: scenario)
      guard episode.problems.isEmpty else {
        progress.end("failed")
        tell(episode)
        return false
      }
      summary.add(episode)
      seed += 1
      episodes += 1
      operations += episode.ledger.begunCount
      progress.show(seedCount == nil ? operations : episodes)
    }
    let time = (clock.now - start).components
    progress.end(
      "\(operations) operations in \(episodes) episodes, \(time.seconds) s, no violation")
    return true
  }

  /// Replays a failure with a trace, and shows it.
  private func tell(_ failed: Episode) {
    let episode = Episode(simulating: failed.scenario, traceLimit: traceLimit)
    for line in episode.trace { print(line) }
    for problem in failed.problems.prefix(10) { print("VIOLATED: \(problem)") }
    if episode.problems != failed.problems { print("VIOLATED: a replay went another way") }
    print("step \(failed.step) of: uring-simulate \(failed.replay)")
  }
}
