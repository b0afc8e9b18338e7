// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CLinux
import FoundationEssentials
import Glibc

/// `uring-bench load`: puts load on an echo server and checks every byte it answers.
struct LoadCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "load",
    abstract: "Put load on an echo server and check every byte.",
    discussion: """
      Each connection keeps --pipeline messages in flight. Latency is from the moment a message is \
      handed to the kernel to the moment its last byte is back. The exit code is 1 when a byte was \
      wrong or missing, a connection failed, or nothing was measured.
      """)

  @OptionGroup var shape: LoadShape

  @Option(help: "Seconds to measure.")
  var seconds = 3.0

  @Option(help: "Seconds of load before the measured window.")
  var warmup = 0.5

  @Flag(help: "Print the result as one line of JSON, with the latency histogram.")
  var json = false

  /// Prints `measuring` and `measured` when the window opens and closes, for `compare`.
  @Flag(help: .hidden)
  var moments = false

  @Flag(help: .hidden)
  var endWithParent = false

  func validate() throws {
    guard seconds > 0, seconds <= 86400 else { throw ValidationError("--seconds must be above 0") }
    guard warmup >= 0, warmup <= 86400 else {
      throw ValidationError("--warmup must not be negative")
    }
  }

  func run() throws {
    if endWithParent { _ = clinux_signal_on_parent_death(SIGTERM) }
    _ = signal(SIGPIPE, SIG_IGN)
    let outcome = try LoadRun(shape: shape, seconds: seconds, warmup: warmup).run { moment in
      if moments { StandardLines.print(moment) }
    }
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = .sortedKeys
      StandardLines.print(String(decoding: try encoder.encode(outcome), as: UTF8.self))
    } else {
      for line in LoadText.lines(outcome) { StandardLines.print(line) }
    }
    if let failure = outcome.firstFailure { StandardLines.report("first failure: \(failure)") }
    if outcome.measuredAnything == false { StandardLines.report("nothing was measured") }
    if outcome.errors > 0 || !outcome.measuredAnything { throw ExitCode.failure }
  }
}
