// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc

/// `uring-bench scale`: servers with very many connections.
struct ScaleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scale",
    abstract: "Measure servers with very many connections, up to millions.",
    discussion: """
      For each number of connections and each server: opens them, leaves them idle, echoes a \
      message on every one, then keeps a share of them busy, in turn: first as fast as the server \
      answers (closed loop), then at half of that rate (open loop). Every byte is checked. Numbers \
      that the machine cannot hold are left out, with what would have to be changed; nothing is \
      changed by this command. The exit code is 1 when something was left out or went wrong.
      """)

  @Option(
    help: "Numbers of connections, with commas. (default: 1000,10000,100000,1000000)",
    transform: { try CommaList.connections($0, upTo: ScaleNeeds.largestNumber) })
  var connections = [1_000, 10_000, 100_000, 1_000_000]

  @Option(
    help: "Engines, with commas. (default: completion-handler,completion-async)",
    transform: CommaList.engines)
  var engines: [EngineName] = [.completionHandler, .completionAsync]

  @Option(
    help: ArgumentHelp(
      "Another server, as NAME=COMMAND; may be repeated.",
      discussion: """
        {port} in the command is replaced by the port to listen on, on 127.0.0.1. With {loops} in \
        it there is one process with so many loops that share the port; without, there are as many \
        processes as the limit of descriptors takes.
        """),
    transform: ScaleCommand.foreign)
  var server: [ForeignServer] = []

  @Option(
    help: "Shares of the connections that are active, with commas. (default: 0.01)",
    transform: CommaList.shares)
  var active = [0.01]

  @Option(help: "Seconds that the connections are idle before the first message.")
  var hold = 5.0

  @Option(
    help: """
      Seconds without bytes after which completion engines exchange a receive for a poll; never if \
      not given. With a longer --hold the kernel's memory is that of quiet connections.
      """)
  var quietTime: Double?

  @Option(help: "Bytes in a message, 1 to 65536.")
  var size = 64

  @Option(help: "Seconds of each loop.")
  var seconds = 2.0

  @Option(help: "Folder for scale.json, scale.html and the pictures.")
  var report = "report"

  private static func foreign(_ text: String) throws -> ForeignServer {
    guard let server = ForeignServer(text) else {
      throw ValidationError("'\(text)' is not NAME=COMMAND with {port} in the command")
    }
    return server
  }

  func validate() throws {
    guard (1...65536).contains(size) else {
      throw ValidationError("--size must be 1 to 65536 bytes")
    }
    guard hold >= 0, hold <= 86400 else { throw ValidationError("--hold must be 0 to 86400") }
    guard seconds > 0, seconds <= 3600 else {
      throw ValidationError("--seconds must be above 0, at most 3600")
    }
    guard quietTime ?? 1 > 0, quietTime ?? 1 < 1e6 else {
      throw ValidationError("--quiet-time must be above 0")
    }
    let names = servers.map(\.name)
    guard Set(names).count == names.count else {
      throw ValidationError("two servers have the same name")
    }
  }

  private var servers: [ScaleServer] {
    engines.map { .engine($0) } + server.map { .foreign($0) }
  }

  func run() throws {
    _ = signal(SIGPIPE, SIG_IGN)
    let limits = MachineLimits.read()
    let choice = ScaleChoice(servers: servers, connections: connections, limits: limits)
    for line in choice.messages { StandardLines.report(line) }
    guard !choice.measurements.isEmpty else { throw ExitCode.failure }
    try TextFile.makeDirectory(report)
    let settings = ScaleSettings(
      measurements: choice.measurements, active: active, size: size,
      holdSeconds: hold, seconds: seconds, descriptorLimit: limits.descriptors,
      quietSeconds: quietTime)
    let result = try measure(settings)
    for line in ScaleTable(result).lines { StandardLines.print(line) }
    StandardLines.print("")
    StandardLines.print("page: \(report)/scale.html   data: \(report)/scale.json")
    let hasFailed = Self.reportFailures(result.samples)
    if hasFailed || !choice.messages.isEmpty { throw ExitCode.failure }
  }

  /// All measurements, telling of each on standard error.
  ///
  /// The files are written after each, so that one that is interrupted takes no other with it.
  private func measure(_ settings: ScaleSettings) throws -> ScaleReport {
    let progress = ScaleProgress(
      estimates: settings.measurements.map {
        settings.estimatedSeconds(connections: $0.connections)
      })
    let run = ScaleRun(settings: settings, progress: progress)
    var result = ScaleReport(machine: Machine.describe(), settings: settings, samples: [])
    for (index, measurement) in settings.measurements.enumerated() {
      let number = "[\(index + 1)/\(settings.measurements.count)]"
      let count = Numeral.grouped(Double(measurement.connections))
      progress.begin("\(number) \(count) connections, \(measurement.server.name)")
      let sample = run.sample(measurement.server, connections: measurement.connections)
      progress.end(Self.summary(of: sample))
      result.samples.append(sample)
      try result.write(to: report)
    }
    return result
  }

  private static func summary(of sample: ScaleSample) -> String {
    if sample.errors > 0 { return "\(sample.errors) ERRORS, \(sample.failure ?? "")" }
    let cpu = Numeral.significant(sample.loads.first?.closed.serverMicrosecondsPerMessage)
    let bytes = sample.residentPerConnection.map(Numeral.grouped) ?? "–"
    return "\(cpu) µs CPU a message, \(bytes) B of its own a connection"
  }

  private static func reportFailures(_ samples: [ScaleSample]) -> Bool {
    let failed = samples.filter { $0.errors > 0 }
    for sample in failed {
      StandardLines.report(
        "\(sample.server), \(sample.connections) connections: \(sample.errors) errors; "
          + (sample.failure ?? ""))
    }
    return !failed.isEmpty
  }
}
