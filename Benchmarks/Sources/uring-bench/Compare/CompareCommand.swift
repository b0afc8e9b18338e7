// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc

/// `uring-bench compare`: the main job.
struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Measure the engines against each other; print a table, write JSON and a page.",
    discussion: """
      Each measurement is a fresh server process under a fresh load process, on two CPUs. Engines \
      take turns within a round. "vs epoll" is the CPU time of readiness-epoll for a message over \
      that of the engine, paired by round: above 1 is cheaper than epoll.
      """)

  @Option(
    help: "Numbers of connections, with commas. (default: 1,64,1000,10000)",
    transform: CommaList.connections)
  var connections = [1, 64, 1000, 10_000]

  @Option(help: "Bytes in a message, 1 to 16777216.")
  var size = 64

  @Option(
    help: "Engines, with commas. (default: \(EngineName.allNames))", transform: CommaList.engines)
  var engines = EngineName.allCases

  @Option(help: "Folder for results.json and index.html.")
  var report = "report"

  @Option(help: "How often each is measured.")
  var rounds = 3

  @Option(help: "Seconds of each measurement.")
  var seconds = 0.5

  func validate() throws {
    guard (1...(16 << 20)).contains(size) else {
      throw ValidationError("--size must be 1 to 16777216 bytes")
    }
    guard (1...1000).contains(rounds) else { throw ValidationError("--rounds must be 1 to 1000") }
    guard seconds > 0, seconds <= 3600 else {
      throw ValidationError("--seconds must be above 0, at most 3600")
    }
  }

  func run() throws {
    _ = signal(SIGPIPE, SIG_IGN)
    try TextFile.makeDirectory(report)
    let settings = CompareSettings(
      engines: engines, connections: connections, size: size, rounds: rounds,
      seconds: seconds)
    let samples = Self.measure(settings)
    let summaries = Summary.all(of: samples, settings: settings)
    let result = Report(
      machine: Machine.describe(), settings: settings, summaries: summaries, samples: samples)
    for line in SummaryTable(summaries, settings: settings).text { StandardLines.print(line) }
    try result.write(to: report)
    StandardLines.print("")
    StandardLines.print("page: \(report)/index.html   data: \(report)/results.json")
    let failures = summaries.filter { $0.errors > 0 }
    for summary in failures {
      let place = "\(summary.engine.rawValue), \(summary.connections) connections"
      StandardLines.report("\(place): \(summary.errors) errors; \(summary.failure ?? "")")
    }
    if !failures.isEmpty { throw ExitCode.failure }
  }

  /// All runs, telling of each on standard error.
  private static func measure(_ settings: CompareSettings) -> [RunSample] {
    let total = settings.rounds * settings.connections.count * settings.engines.count
    let estimate = Numeral.fixed(settings.estimatedSeconds, 0)
    StandardLines.report("\(total) runs, about \(estimate) s")
    let run = EngineRun(settings: settings)
    var samples: [RunSample] = []
    for round in 0..<settings.rounds {
      for connections in settings.connections {
        for engine in settings.order(inRound: round) {
          let sample = run.sample(engine, connections: connections, round: round)
          samples.append(sample)
          StandardLines.report(progress(sample, "\(samples.count)/\(total)"))
        }
      }
    }
    return samples
  }

  private static func progress(_ sample: RunSample, _ count: String) -> String {
    let place = "[\(count)] \(sample.connections) connections, \(sample.engine.rawValue): "
    guard let rate = sample.messagesPerSecond else {
      return place + (sample.failure ?? "nothing measured")
    }
    let cpu = Numeral.significant(sample.serverMicrosecondsPerMessage)
    let errors = sample.errors > 0 ? ", \(sample.errors) ERRORS" : ""
    return place + "\(Numeral.grouped(rate)) messages/s, \(cpu) µs CPU each" + errors
  }
}
