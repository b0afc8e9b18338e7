// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc

/// `uring-bench soak`: everything at once, for long, and nothing may be left behind.
struct SoakCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "soak",
    abstract: "Have the library do everything at once for long; fail on a wrong byte or a leak.",
    discussion: """
      Servers and clients in one process, on loopback. Once a minute everything is let finish, and \
      then memory, descriptors, operations, buffers, timers and connections must be back at their \
      start, which is the first such moment. Prints a line for each.
      """)

  @Option(help: "How long, 0.05 to 10080; short soaks have points more often.")
  var minutes: Double

  @Option(help: "Loops of the servers, and as many of the clients.")
  var loops = 2

  @Option(help: "Seed of what connections do; from the clock when not given.")
  var seed: UInt64?

  @Option(help: "Folder for soak.json and soak.md; none are written when not given.")
  var report: String?

  func validate() throws {
    guard (0.05...10080).contains(minutes) else {
      throw ValidationError("--minutes must be 0.05 to 10080")
    }
    guard (1...64).contains(loops) else { throw ValidationError("--loops must be 1 to 64") }
  }

  func run() throws {
    _ = signal(SIGPIPE, SIG_IGN)
    DescriptorLimit.raise()
    let settings = SoakSettings(minutes: minutes, loops: loops, seed: seed ?? MonotonicClock.now)
    StandardLines.print("seed \(settings.seed)")
    // Time beyond the soak's own is for what has begun to end.
    let limit = minutes * 60 * 1.5 + 300
    var result = try Waiting.end(of: "the soak's end", seconds: limit) {
      try await SoakRun(settings).run { StandardLines.print($0.line) }
    }
    if let report { try result.write(to: report) }
    guard !result.faults.isEmpty else { return }
    for failure in result.points.last?.counts.failures ?? [] { StandardLines.report(failure) }
    for fault in result.faults { StandardLines.report("fault: \(fault)") }
    StandardLines.report("repeat with --seed \(settings.seed)")
    throw ExitCode.failure
  }
}
