// SPDX-License-Identifier: Apache-2.0

public import ArgumentParser
public import SimulatedKernel
import Workloads

/// Runs workloads on the simulated kernel and says what was injected and found.
@main
struct UringSimulate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "uring-simulate",
    abstract: "Run workloads on the simulated kernel.",
    discussion: "An episode is replayed by its seed and --seeds 1.")

  @Option(help: "The first seed.")
  var seed: UInt64 = 1

  @Option(help: "Episodes of each workload; as many as the operations need if not given.")
  var seeds: Int?

  @Option(help: "Operations of each workload.")
  var operations = 1_000_000

  @Option(help: "The workload; all if not given.")
  var workload: Workload?

  @Option(help: "What completes requests.")
  var kernel = SimulationConfiguration.Model.ring

  @Option(help: "Lines of trace to show of a failure.")
  var trace = 100

  @Flag(help: "Name the workloads.")
  var list = false

  func run() throws {
    if list {
      return print(Workload.allCases.map(\.rawValue).joined(separator: "\n"))
    }
    var campaign = Campaign(self)
    if !campaign.run() { throw ExitCode.failure }
  }
}

extension Workload: ExpressibleByArgument {}
extension SimulationConfiguration.Model: ExpressibleByArgument {}
