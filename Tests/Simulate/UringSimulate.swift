// SPDX-License-Identifier: Apache-2.0

import CommandLineOptions
import Glibc
import SimulatedKernel
import Workloads

/// Runs workloads on the simulated kernel and says what was injected and found.
@main
struct UringSimulate {
  static func main() {
    do throws(CommandLineError) {
      let options = try CommandLineOptions(
        Array(CommandLine.arguments.dropFirst()),
        valued: ["seed", "seeds", "operations", "workload", "kernel", "trace"],
        flags: ["help", "list"])
      if options.has("help") { return print(usage) }
      if options.has("list") {
        return print(Workload.allCases.map(\.rawValue).joined(separator: "\n"))
      }
      var campaign = try Campaign(options)
      exit(campaign.run() ? 0 : 1)
    } catch {
      print("\(error)\n\(usage)")
      exit(2)
    }
  }

  static let usage = """
    uring-simulate [--seed N] [--seeds N] [--operations N] [--workload W] [--kernel K] [--trace N]
      --seed        the first seed; 1 if not given
      --seeds       episodes of each workload; as many as the operations need if not given
      --operations  operations of each workload; 1000000 if not given
      --workload    \(Workload.allCases.map(\.rawValue).joined(separator: ", ")); all if not given
      --kernel      \(SimulationConfiguration.Model.allCases.map(\.rawValue).joined(separator: " or ")): what completes requests; ring if not given
      --trace       lines of trace to show of a failure; 100 if not given
      --list        names the workloads
    An episode is replayed by its seed and --seeds 1.
    """
}
