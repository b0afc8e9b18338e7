// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// Measures completion servers against readiness servers on real TCP connections.
@main
struct UringBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "uring-bench",
    abstract: "Compare completion I/O with readiness I/O on real TCP connections.",
    subcommands: [
      ServeCommand.self, LoadCommand.self, CompareCommand.self, ScaleCommand.self,
      TimersCommand.self, DatagramsCommand.self, WorkerCommand.self, ScaleWorkerCommand.self,
      RunServerCommand.self, ServeDatagramsCommand.self,
      BalanceCommand.self,
      SoakCommand.self, StormsCommand.self, StormCommand.self, SteadyCommand.self,
    ])
}
