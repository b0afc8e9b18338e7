// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CLinux
import FoundationEssentials
import Glibc

/// The hidden verb `steady-load`, the well-behaved peers on behalf of `storms`.
///
/// It prints `ready`, sends until it reads a line, then prints its result as one line of JSON.
struct SteadyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "steady-load", abstract: "Well-behaved peers at a fixed rate.",
    shouldDisplay: false)

  @Option var port: UInt16
  @Option var connections: Int
  @Option var rate: Int

  func run() throws {
    _ = clinux_signal_on_parent_death(SIGKILL)
    _ = signal(SIGPIPE, SIG_IGN)
    DescriptorLimit.raise()
    var load = try SteadyLoad(
      server: try IPv4Endpoint(host: "127.0.0.1", port: port), count: connections,
      perSecond: rate)
    StandardLines.print("ready")
    load.run(untilReadable: 0)
    let json = try JSONEncoder().encode(load.result)
    StandardLines.print(String(decoding: json, as: UTF8.self))
  }
}
