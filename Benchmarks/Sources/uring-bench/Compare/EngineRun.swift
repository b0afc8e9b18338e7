// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Glibc

/// One measurement: a fresh `serve` process, a `load` process on it, and their numbers.
struct EngineRun {
  let settings: CompareSettings

  /// Never throws: a run that fails is a sample that says why.
  func sample(_ engine: EngineName, connections: Int, round: Int) -> RunSample {
    var sample = RunSample(engine: engine, connections: connections, round: round)
    do {
      let server = try startServer(engine)
      defer { server.process.end(within: 5) }
      let load = try startLoad(on: server, connections: connections)
      defer { load.end(with: SIGKILL, within: 5) }
      let deadline = MonotonicClock.now + MonotonicClock.nanoseconds(limitSeconds(connections))
      let before = try counters(of: server.process, at: "measuring", of: load, deadline)
      let after = try counters(of: server.process, at: "measured", of: load, deadline)
      guard let json = load.readLine(until: deadline) else { throw RunFailure.noResult }
      sample.take(try JSONDecoder().decode(LoadOutcome.self, from: Data(json.utf8)))
      sample.kernelCallsPerMessage = calls(before, after)
    } catch {
      sample.failure = "\(error)"
      sample.errors += 1
    }
    return sample
  }

  /// A bound for one run, whatever happens in it.
  private func limitSeconds(_ connections: Int) -> Double {
    settings.seconds + settings.warmup + 45 + Double(connections) / 1000
  }

  private func startServer(_ engine: EngineName) throws -> (process: ChildProcess, port: Substring)
  {
    if let cpus = settings.cpus { try CPUs.pin(to: cpus.server) }
    let limit = limitSeconds(settings.connections.max() ?? 0) + 15
    let process = try ChildProcess([
      "serve", "--engine", engine.rawValue, "--port", "0", "--max-seconds", "\(limit)",
      "--end-with-parent",
    ])
    if let cpus = settings.cpus { try CPUs.pin(to: cpus.load) }
    let deadline = MonotonicClock.now + 10_000_000_000
    guard let line = process.readLine(until: deadline), line.hasPrefix("listening "),
      let port = ServeLine.value("port", in: line)
    else {
      let code = process.end(within: 2).code
      throw RunFailure.notListening(code)
    }
    return (process, port)
  }

  private func startLoad(
    on server: (process: ChildProcess, port: Substring), connections: Int
  ) throws -> ChildProcess {
    try ChildProcess([
      "load", "--port", "\(server.port)", "--connections", "\(connections)",
      "--size", "\(settings.size)", "--seconds", "\(settings.seconds)",
      "--warmup", "\(settings.warmup)", "--server-pid", "\(server.process.pid)",
      "--json", "--moments", "--end-with-parent",
    ])
  }

  /// The server's counters at the moment the load generator announces `moment`.
  private func counters(
    of server: ChildProcess, at moment: String, of load: ChildProcess, _ deadline: UInt64
  ) throws -> EngineCounters {
    guard load.readLine(until: deadline) == moment else { throw RunFailure.noResult }
    server.signal(SIGUSR1)
    let line = server.readLine(until: MonotonicClock.now + 5_000_000_000)
    guard let line, let counters = ServeLine.parseCounters(line) else {
      throw RunFailure.serverSilent
    }
    return counters
  }

  /// Both numbers come from the server, and the messages from its bytes: one receive may deliver
  /// several messages, or part of one.
  private func calls(_ before: EngineCounters, _ after: EngineCounters) -> Double? {
    guard let first = before.kernelCalls, let last = after.kernelCalls, after.bytes > before.bytes
    else { return nil }
    return Double(last - first) * Double(settings.size) / Double(after.bytes - before.bytes)
  }
}

/// Why a run has no result.
enum RunFailure: Error, CustomStringConvertible {
  case notListening(Int32?)
  case noResult
  case serverSilent

  var description: String {
    switch self {
    case .notListening(let code?): "the server did not start (exit code \(code))"
    case .notListening(nil): "the server did not start"
    case .noResult: "the load generator gave no result"
    case .serverSilent: "the server ended, or hung, under load"
    }
  }
}
