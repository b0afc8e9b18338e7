// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc

/// `uring-bench storms`: what well-behaved peers feel of ten thousand others.
struct StormsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "storms",
    abstract: "Let storms of connections loose on a server; fail when a byte is lost.",
    discussion: """
      100 well-behaved connections echo 64 B at 2,000 messages a second, whatever happens; latency \
      counts from when a message was due. Recovered is the time from the end of a storm until the \
      p99 of 100 ms is within twice of what it was before, or below 1 ms.
      """)

  @Option(
    help: "Engines, with commas. (default: completion-handler,completion-async)",
    transform: CommaList.engines)
  var engines = [EngineName.completionHandler, .completionAsync]

  @Option(help: "Connections of each storm, 1 to 18000.")
  var connections = 10_000

  @Option(
    help: "Storms, with commas. (default: \(StormName.allNames))", transform: CommaList.storms)
  var storms = StormName.allCases

  @Option(help: "Folder for storms.json and storms.html; none are written when not given.")
  var report: String?

  func validate() throws {
    guard (1...18_000).contains(connections) else {
      throw ValidationError("--connections must be 1 to 18000")
    }
  }

  func run() throws {
    _ = signal(SIGPIPE, SIG_IGN)
    var settings = StormsSettings(engines: engines, storms: storms, connections: connections)
    settings.cpus = CPUPair.choose()
    let outcomes = Self.measure(settings)
    for line in StormsTable(outcomes).text { StandardLines.print(line) }
    if let report {
      let result = StormsReport(machine: .describe(), settings: settings, outcomes: outcomes)
      try result.write(to: report)
      StandardLines.print("")
      StandardLines.print("page: \(report)/storms.html   data: \(report)/storms.json")
    }
    let failures = outcomes.filter(\.isFailure)
    for outcome in failures {
      let place = "\(outcome.engine.rawValue), \(outcome.storm.rawValue)"
      StandardLines.report("\(place): \(outcome.failure ?? "bytes or connections were lost")")
    }
    if !failures.isEmpty { throw ExitCode.failure }
  }

  /// All storms, telling of each on standard error.
  private static func measure(_ settings: StormsSettings) -> [StormOutcome] {
    let trial = StormTrial(settings: settings)
    var outcomes: [StormOutcome] = []
    for storm in settings.storms {
      for engine in settings.engines {
        let outcome = trial.outcome(engine, storm)
        outcomes.append(outcome)
        let done = "[\(outcomes.count)/\(settings.storms.count * settings.engines.count)]"
        let state = outcome.isFailure ? "FAILED" : "done"
        StandardLines.report("\(done) \(storm.rawValue), \(engine.rawValue): \(state)")
      }
    }
    return outcomes
  }
}

extension CommaList {
  /// `connect,drip`: storms by name, each once.
  static func storms(_ text: String) throws -> [StormName] {
    var storms: [StormName] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let storm = StormName(rawValue: String(part)) else {
        throw ValidationError("no storm is called '\(part)'; there are \(StormName.allNames)")
      }
      if !storms.contains(storm) { storms.append(storm) }
    }
    return storms
  }
}
