// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Glibc

/// One load run: starts the workers, has them connect, gives them the window, and merges.
struct LoadRun {
  let shape: LoadShape
  let seconds: Double
  let warmup: Double

  /// Runs the load to its end.
  ///
  /// - Parameter announce: is told `measuring` and `measured` when the window opens and closes.
  /// - Returns: what all workers found together.
  /// - Throws: when the host is none, the server's process is not there, or a worker cannot start.
  func run(announce: (String) -> Void) throws -> LoadOutcome {
    _ = try IPv4Endpoint(host: shape.host, port: shape.port)
    let server = try shape.serverPid.map { try ProcessUsage(of: $0) }
    var outcome = LoadOutcome(shape)
    outcome.serverResidentBefore = server?.residentBytes
    let plan = WorkerPlan(
      connections: shape.connections, descriptorLimit: DescriptorLimit.raise(),
      ports: WorkerPlan.ephemeralPorts)
    let workers = try start(plan)
    defer { for worker in workers { worker.end(with: SIGKILL, within: 5) } }
    let ready = MonotonicClock.now + MonotonicClock.nanoseconds(plan.connectSeconds + 20)
    var established = 0
    for worker in workers {
      guard let words = worker.readLine(until: ready)?.split(separator: " "), words.count == 2,
        words[0] == "ready", let count = Int(words[1])
      else { throw WorkerFailure.notReady }
      established += count
    }
    // Without a connection there is nothing to wait for.
    let warmup = MonotonicClock.nanoseconds(established > 0 ? warmup : 0)
    let length = MonotonicClock.nanoseconds(established > 0 ? seconds : 0)
    for worker in workers { worker.write(line: "go \(warmup) \(length)") }
    // Time beyond that is for the first messages of all connections, and for the last.
    let limit = MonotonicClock.now + warmup + length + 60_000_000_000
    // The first worker measures the server's CPU time, so its moments count.
    for moment in ["measuring", "measured"] {
      guard workers[0].readLine(until: limit) == moment else {
        throw WorkerFailure.silent
      }
      announce(moment)
    }
    outcome.serverResidentAfter = server?.residentBytes
    for (index, worker) in workers.enumerated() {
      outcome.add(try Self.result(of: worker, until: limit, skipsMoments: index > 0))
    }
    return outcome
  }

  private func start(_ plan: WorkerPlan) throws(SystemFailure) -> [ChildProcess] {
    var workers: [ChildProcess] = []
    for share in plan.shares {
      var arguments = ["load-worker"] + shape.arguments
      arguments += ["--first", "\(share.first)", "--count", "\(share.count)"]
      arguments += ["--window", "\(plan.window)", "--per-source", "\(plan.perSource)"]
      arguments += ["--connect-seconds", "\(plan.connectSeconds)"]
      do { workers.append(try ChildProcess(arguments)) } catch {
        for worker in workers { worker.end(with: SIGKILL, within: 5) }
        throw error
      }
    }
    return workers
  }

  private static func result(
    of worker: ChildProcess, until deadline: UInt64, skipsMoments: Bool
  ) throws -> WorkerResult {
    for _ in 0..<(skipsMoments ? 2 : 0) { _ = worker.readLine(until: deadline) }
    guard let line = worker.readLine(until: deadline) else { throw WorkerFailure.silent }
    return try JSONDecoder().decode(WorkerResult.self, from: Data(line.utf8))
  }
}

/// A worker process that did not do its part.
enum WorkerFailure: Error, CustomStringConvertible {
  case notReady, silent

  var description: String {
    switch self {
    case .notReady: "a load process ended, or hung, before it had opened its connections"
    case .silent: "a load process ended, or hung, during the run"
    }
  }
}
