// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CLinux
import FoundationEssentials
import Glibc

/// The hidden verb `load-worker`, the connections of one process on behalf of `load`.
///
/// It prints `ready ESTABLISHED`, reads `go WARMUP LENGTH` (nanoseconds), prints `measuring` and
/// `measured` at those moments, then its result as one line of JSON.
struct WorkerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "load-worker", abstract: "One process of the load generator.",
    shouldDisplay: false)

  @OptionGroup var shape: LoadShape
  @OptionGroup var share: WorkerShare

  func run() throws {
    _ = clinux_signal_on_parent_death(SIGKILL)
    _ = signal(SIGPIPE, SIG_IGN)
    DescriptorLimit.raise()
    var load = try EchoLoad(shape: shape, first: share.first, count: share.count)
    load.connectAll(try share.connectPlan(to: shape))
    StandardLines.print("ready \(load.result.established)")
    guard let window = Self.parseGo(Swift.readLine() ?? "") else { return }
    let server = try shape.serverPid.map { try ProcessUsage(of: $0) }
    load.run(window, server: server) { StandardLines.print($0) }
    let json = try JSONEncoder().encode(load.result)
    StandardLines.print(String(decoding: json, as: UTF8.self))
  }

  private static func parseGo(_ line: String) -> EchoWindow? {
    let words = line.split(separator: " ")
    guard words.count == 3, words[0] == "go", let warmup = UInt64(words[1]),
      let length = UInt64(words[2])
    else { return nil }
    return EchoWindow(warmup: warmup, length: length)
  }
}
