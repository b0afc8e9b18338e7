// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CLinux
import Glibc

/// `uring-bench serve-datagrams`: one UDP echo server, until SIGTERM.
struct ServeDatagramsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve-datagrams",
    abstract: "Run one UDP echo server until SIGTERM.", shouldDisplay: false)

  @Option(help: "The server: \(DatagramEngineName.allNames).")
  var engine: DatagramEngineName

  @Option(help: "End by itself after so many seconds.")
  var maxSeconds = 3600.0

  func run() throws {
    _ = clinux_signal_on_parent_death(SIGTERM)
    var signals = SignalWait(for: [SIGTERM, SIGINT, SIGUSR1])
    let deadline = MonotonicClock.now + MonotonicClock.nanoseconds(maxSeconds)
    let server = try engine.start()
    StandardLines.print("listening engine=\(engine.rawValue) port=\(server.port)")
    while let signal = signals.next(until: deadline), signal == SIGUSR1 {
      StandardLines.print(ServeLine.counters("counters", try server.counters()))
    }
    server.stop()
  }
}
