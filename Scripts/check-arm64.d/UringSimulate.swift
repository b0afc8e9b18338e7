// SPDX-License-Identifier: Apache-2.0

import Glibc
import SimulatedKernel
import Workloads

/// The command of Tests/Simulate without its parser of options, which needs Foundation: a model of
/// the kernel, how many seeds, and the workload, all if not given.
@main
struct UringSimulate {
  let seed: UInt64 = 1
  let seeds: Int?
  let operations = 1_000_000
  let workload: Workload?
  let kernel: SimulationConfiguration.Model
  let trace = 100

  init?(_ arguments: [String]) {
    guard 2...3 ~= arguments.count,
      let kernel = SimulationConfiguration.Model(rawValue: arguments[0]),
      let seeds = Int(arguments[1])
    else { return nil }
    self.kernel = kernel
    self.seeds = seeds
    workload = arguments.count == 3 ? Workload(rawValue: arguments[2]) : nil
    if arguments.count == 3, workload == nil { return nil }
  }

  static func main() {
    guard let command = UringSimulate(Array(CommandLine.arguments.dropFirst())) else {
      print("usage: uring-simulate ring|readiness SEEDS [WORKLOAD]")
      exit(2)
    }
    var campaign = Campaign(command)
    exit(campaign.run() ? 0 : 1)
  }
}
