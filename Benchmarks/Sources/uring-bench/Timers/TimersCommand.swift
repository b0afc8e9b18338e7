// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CompletionIO
import Uring

/// Measures what a timer costs, among how many others.
struct TimersCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "timers",
    abstract: "Measure timers of a loop: nanoseconds to start, move, cancel and expire one.")

  @Option(help: "Timers at once, separated by commas.", transform: CommaList.connections)
  var counts = [1_000, 10_000, 100_000, 1_000_000]

  @Option(help: "Seed of the times.")
  var seed: UInt64 = 1

  func run() throws {
    print("timers    start     move   cancel   expire  (ns each)")
    for count in counts {
      let run = try TimersRun(count: max(2, count), seed: seed)
      defer { run.close() }
      let figures = [run.start(), run.move(), run.cancelHalf(), try run.expireRest()]
      let columns = figures.map { figure in
        let text = "\(figure)"
        return String(repeating: " ", count: max(1, 9 - text.count)) + text
      }
      print("\(count)" + columns.joined())
    }
  }
}
