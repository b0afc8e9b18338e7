// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CLinux
import FoundationEssentials
import Glibc

/// The hidden verb `storm-peers`, the peers of one storm on behalf of `storms`.
///
/// It prints `ready SERVED`, reads `go`, prints its result as one line of JSON when the storm is
/// over, and keeps its connections until it reads another line.
struct StormCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "storm-peers", abstract: "The peers of one storm.", shouldDisplay: false)

  @Option var storm: StormName
  @Option var port: UInt16
  @Option var connections: Int
  @Option var seconds: Double
  @Option var round = 0.5

  func run() throws {
    _ = clinux_signal_on_parent_death(SIGKILL)
    _ = signal(SIGPIPE, SIG_IGN)
    // The peers whose latency is measured share the CPU, and must not wait for these.
    _ = nice(19)
    DescriptorLimit.raise()
    var peers = try StormPeers(
      server: try IPv4Endpoint(host: "127.0.0.1", port: port), count: connections,
      shape: StormShape(roundSeconds: round))
    peers.prepare(storm, seconds: seconds)
    StandardLines.print("ready \(peers.result.served)")
    guard Swift.readLine() == "go" else { return }
    peers.run(storm, seconds: seconds)
    let json = try JSONEncoder().encode(peers.result)
    StandardLines.print(String(decoding: json, as: UTF8.self))
    _ = Swift.readLine()
  }
}
