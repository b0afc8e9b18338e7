// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Glibc

/// One storm on one engine: a fresh `serve` process, well-behaved peers, and the peers of the storm,
/// each in a process of its own.
struct StormTrial {
  let settings: StormsSettings
  /// The executable that has the verbs.
  var program = "/proc/self/exe"

  /// Never throws: a storm that cannot be run is an outcome that says why.
  func outcome(_ engine: EngineName, _ storm: StormName) -> StormOutcome {
    var outcome = StormOutcome(engine, storm, connections: settings.peers(of: storm))
    do {
      try run(&outcome)
    } catch {
      outcome.failure = outcome.failure ?? "\(error)"
    }
    return outcome
  }

  private func run(_ outcome: inout StormOutcome) throws {
    let server = try startServer(outcome.engine, outcome.storm)
    defer { server.process.end(within: 5) }
    let usage = try ServerFigures(of: server.process.pid)
    let steady = try startSteady(server.port)
    defer { steady.end(with: SIGKILL, within: 5) }
    try expect("ready", from: steady)
    let residentBefore = try usage.residentBytes()
    outcome.descriptorsBefore = usage.descriptorCount
    let peers = try startPeers(outcome, server.port)
    var havePeersEnded = false
    defer { if !havePeersEnded { peers.end(with: SIGKILL, within: 5) } }
    let ready = outcome.storm.beginsConnected ? "ready \(outcome.connections)" : "ready 0"
    try expect(ready, from: peers)
    Self.pause(settings.secondsOfWarmup)
    let before = MonotonicClock.now
    Self.pause(settings.secondsBefore)
    peers.write(line: "go")
    let result: StormResult = try Self.decode(peers, within: settings.limitSeconds + 30)
    outcome.take(result)
    Self.pause(settings.secondsAfter)
    let moments = StormMoments(
      before: before, begun: result.begun, ended: result.ended, after: MonotonicClock.now)
    let residentPeak = try usage.peakResidentBytes()
    peers.write(line: "end")
    peers.end(with: nil, within: 10)
    havePeersEnded = true
    outcome.descriptorsAfter = usage.descriptorCount(downTo: outcome.descriptorsBefore ?? 0)
    outcome.memory = StormMemory(
      before: residentBefore, peak: residentPeak, after: try usage.residentBytes(),
      bound: StormMemory.bound(
        before: residentBefore, peers: outcome.connections,
        bytes: StormShape().bytesOfPeer(outcome.storm)))
    steady.write(line: "stop")
    outcome.take(try Self.decode(steady, within: 20), moments)
  }

  private func startServer(
    _ engine: EngineName, _ storm: StormName
  ) throws -> (process: ChildProcess, port: Substring) {
    var arguments = [
      "serve", "--engine", engine.rawValue, "--port", "0", "--end-with-parent",
      "--max-seconds", "\(settings.limitSeconds * 2 + 60)",
    ]
    switch storm {
    case .descriptors: arguments += ["--descriptor-limit", "\(settings.descriptorLimit)"]
    case .slowReaders: arguments += ["--socket-buffers", "\(StormMemory.socketBufferSize)"]
    case .connect, .disconnect, .burst, .drip: break
    }
    if let cpus = settings.cpus { try CPUs.pin(to: cpus.server) }
    let process = try ChildProcess(arguments, program: program)
    if let cpus = settings.cpus { try CPUs.pin(to: cpus.load) }
    let deadline = MonotonicClock.now + 10_000_000_000
    guard let line = process.readLine(until: deadline), line.hasPrefix("listening "),
      let port = ServeLine.value("port", in: line)
    else { throw RunFailure.notListening(process.end(within: 2).code) }
    return (process, port)
  }

  private func startSteady(_ port: Substring) throws -> ChildProcess {
    try ChildProcess(
      [
        "steady-load", "--port", "\(port)", "--connections", "\(settings.steadyConnections)",
        "--rate", "\(settings.steadyRate)",
      ], program: program)
  }

  private func startPeers(_ outcome: StormOutcome, _ port: Substring) throws -> ChildProcess {
    try ChildProcess(
      [
        "storm-peers", "--storm", outcome.storm.rawValue, "--port", "\(port)", "--connections",
        "\(outcome.connections)", "--seconds", "\(settings.limitSeconds)", "--round",
        "\(settings.roundSeconds)",
      ], program: program)
  }

  private func expect(_ line: String, from process: ChildProcess) throws {
    let deadline = MonotonicClock.now + MonotonicClock.nanoseconds(settings.limitSeconds + 10)
    let got = process.readLine(until: deadline)
    guard got == line else { throw StormFailure.unready(wanted: line, got: got) }
  }

  private static func decode<Value: Decodable>(
    _ process: ChildProcess, within seconds: Double
  ) throws -> Value {
    let deadline = MonotonicClock.now + MonotonicClock.nanoseconds(seconds)
    guard let line = process.readLine(until: deadline) else { throw RunFailure.noResult }
    return try JSONDecoder().decode(Value.self, from: Data(line.utf8))
  }

  private static func pause(_ seconds: Double) { usleep(UInt32(seconds * 1e6)) }
}

/// A process of a storm that is not where it should be.
enum StormFailure: Error, CustomStringConvertible {
  case unready(wanted: String, got: String?)

  var description: String {
    switch self {
    case .unready(let wanted, let got):
      "a load process says '\(got ?? "nothing")' instead of '\(wanted)'"
    }
  }
}
