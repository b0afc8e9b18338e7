// SPDX-License-Identifier: Apache-2.0

import CDatagrams
import Glibc

/// How many datagrams are on their way, and how large they are.
struct DatagramShape: Hashable {
  let sockets: Int
  let window: Int
  let size: Int
}

/// What a UDP echo server has cost.
struct DatagramFigures {
  let perSecond: Double
  let microseconds: Double
  let kernelCalls: Double
  let lostShare: Double
}

/// One measurement: a fresh server process, and a load on it from this thread.
struct DatagramRun {
  let engine: DatagramEngineName
  let shape: DatagramShape
  let seconds: Double
  let serverCPU: Int?
  let loadCPU: Int?

  /// - Throws: what keeps a server from starting, and datagrams that are not the ones sent.
  func figures() throws -> DatagramFigures {
    if let serverCPU { try CPUs.pin(to: serverCPU) }
    let server = try ChildProcess([
      "serve-datagrams", "--engine", engine.rawValue, "--max-seconds", "\(seconds * 2 + 30)",
    ])
    defer { server.end(within: 5) }
    if let loadCPU { try CPUs.pin(to: loadCPU) }
    guard let line = server.readLine(until: MonotonicClock.now + 10_000_000_000),
      let port = ServeLine.value("port", in: line).flatMap({ UInt16($0) })
    else { throw RunFailure.notListening(nil) }
    let load = unsafe cdatagrams_open(
      port, Int32(shape.sockets), Int32(shape.window), Int32(shape.size))
    guard let load = unsafe load else { throw SystemFailure("open \(shape.sockets) UDP sockets") }
    defer { unsafe cdatagrams_close(load) }
    _ = unsafe try run(load, seconds: min(0.3, seconds))
    let usage = try ProcessUsage(of: server.pid)
    let (before, start) = (try counters(of: server), usage.cpuNanoseconds)
    let counts = unsafe try run(load, seconds: seconds)
    let (end, after) = (usage.cpuNanoseconds, try counters(of: server))
    return try figures(counts, cpu: end - start, before, after)
  }

  private func run(
    _ load: OpaquePointer, seconds: Double
  ) throws -> cdatagrams_counts {
    var counts = cdatagrams_counts()
    guard unsafe cdatagrams_run(load, MonotonicClock.nanoseconds(seconds), &counts) == 0 else {
      throw SystemFailure("wait for datagrams")
    }
    return counts
  }

  private func counters(of server: ChildProcess) throws -> EngineCounters {
    server.signal(SIGUSR1)
    let line = server.readLine(until: MonotonicClock.now + 5_000_000_000)
    guard let line, let counters = ServeLine.parseCounters(line) else {
      throw RunFailure.serverSilent
    }
    return counters
  }

  private func figures(
    _ counts: cdatagrams_counts, cpu: UInt64, _ before: EngineCounters, _ after: EngineCounters
  ) throws -> DatagramFigures {
    guard counts.bad == 0 else { throw DatagramFailure.foreignBytes(counts.bad) }
    guard counts.echoed > 0, after.messages > before.messages else { throw RunFailure.noResult }
    let messages = Double(after.messages - before.messages)
    let calls = Double((after.kernelCalls ?? 0) - (before.kernelCalls ?? 0))
    return DatagramFigures(
      perSecond: Double(counts.echoed) / Double(counts.nanoseconds) * 1e9,
      microseconds: Double(cpu) / messages / 1000,
      kernelCalls: calls / messages,
      lostShare: Double(counts.lost) / Double(counts.lost + counts.echoed))
  }
}

/// A fault of a server under load.
enum DatagramFailure: Error, CustomStringConvertible {
  case foreignBytes(UInt64)

  var description: String {
    switch self {
    case .foreignBytes(let count): "\(count) datagrams came back with other bytes than were sent"
    }
  }
}
