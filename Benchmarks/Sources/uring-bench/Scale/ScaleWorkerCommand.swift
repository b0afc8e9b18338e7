// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CLinux
import FoundationEssentials
import Glibc

/// The hidden verb `scale-worker`, the connections of one process on behalf of `scale`.
///
/// It prints `started`, then reads a ``LoadOrder`` a line. To `connect` it answers with lines
/// `progress ESTABLISHED` and one `ready ESTABLISHED`; to the others with one line of JSON, a
/// ``WorkerResult``. It ends after `close`, or with its standard input.
struct ScaleWorkerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scale-worker", abstract: "One process of the load of scale.",
    shouldDisplay: false)

  @OptionGroup var shape: LoadShape
  @OptionGroup var share: WorkerShare

  func run() throws {
    _ = clinux_signal_on_parent_death(SIGKILL)
    // The open loop sends when a timed wait ends.
    _ = clinux_set_timer_slack(1)
    _ = signal(SIGPIPE, SIG_IGN)
    DescriptorLimit.raise()
    var load = try EchoLoad(shape: shape, first: share.first, count: share.count)
    StandardLines.print("started")
    while let line = Swift.readLine() {
      guard let order = LoadOrder(line) else { throw ValidationError("no such order: \(line)") }
      if order == .close { break }
      if order == .connect {
        try connect(&load)
        continue
      }
      Self.carryOut(order, &load)
      let json = try JSONEncoder().encode(load.takeResult())
      StandardLines.print(String(decoding: json, as: UTF8.self))
    }
  }

  private func connect(_ load: inout EchoLoad) throws {
    let plan = try share.connectPlan(to: shape)
    var next = MonotonicClock.now
    load.connectAll(plan) { established in
      let now = MonotonicClock.now
      guard now >= next else { return }
      next = now + 300_000_000
      StandardLines.print("progress \(established)")
    }
    StandardLines.print("ready \(load.result.established)")
  }

  private static func carryOut(_ order: LoadOrder, _ load: inout EchoLoad) {
    switch order {
    case .sweep(let window): load.sweep(window: window)
    case .rotate(let begin, let length, let window):
      load.rotate(begin: begin, length: length, window: window)
    case .pace(let begin, let length, let perSecond):
      load.pace(begin: begin, length: length, perSecond: perSecond)
    case .check: load.check()
    case .connect, .close: break
    }
  }
}
