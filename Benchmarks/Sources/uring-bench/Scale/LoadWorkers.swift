// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Glibc

/// The worker processes of the load, which do the same thing at the same time.
struct LoadWorkers {
  private let workers: [ChildProcess]
  private let plan: WorkerPlan
  /// Is called several times a second while workers are waited for.
  private let tick: (Int?) -> Void

  /// Starts the workers; each connects to one of the ports.
  ///
  /// - Parameters:
  ///   - plan: How many there are, and what each holds.
  ///   - size: Bytes of a message.
  ///   - ports: The servers'.
  ///   - tick: Is called several times a second while workers are waited for, with the number of
  ///     connections while they connect.
  /// - Throws: SystemFailure, ``WorkerFailure``; workers that had started have ended.
  init(
    _ plan: WorkerPlan, size: Int, ports: [UInt16], tick: @escaping (Int?) -> Void
  ) throws {
    self.plan = plan
    self.tick = tick
    var workers: [ChildProcess] = []
    do {
      for (index, share) in plan.shares.enumerated() {
        workers.append(
          try ChildProcess(
            Self.arguments(share, plan, size: size, port: ports[index % ports.count])))
      }
      let deadline = MonotonicClock.now + 30_000_000_000
      for worker in workers where worker.readLine(until: deadline) != "started" {
        throw WorkerFailure.notReady
      }
    } catch {
      for worker in workers { worker.end(with: SIGKILL, within: 5) }
      throw error
    }
    self.workers = workers
  }

  private static func arguments(
    _ share: (first: Int, count: Int), _ plan: WorkerPlan, size: Int, port: UInt16
  ) -> [String] {
    [
      "scale-worker", "--port", "\(port)", "--connections", "\(share.count)", "--size", "\(size)",
      "--first", "\(share.first)", "--count", "\(share.count)", "--window", "\(plan.window)",
      "--per-source", "\(plan.perSource)", "--connect-seconds", "\(plan.connectSeconds)",
    ]
  }

  var count: Int { workers.count }

  /// Opens all connections.
  ///
  /// - Returns: how many there are, and how long it took in seconds.
  /// - Throws: ``WorkerFailure``.
  func connect() throws(WorkerFailure) -> (established: Int, seconds: Double) {
    let start = MonotonicClock.now
    for worker in workers { worker.write(line: LoadOrder.connect.line) }
    var established = [Int](repeating: 0, count: workers.count)
    try readLines(within: plan.connectSeconds + 20) { index, line in
      let words = line.split(separator: " ")
      guard words.count == 2, let number = Int(words[1]) else { return false }
      established[index] = number
      return words[0] == "ready"
    } meanwhile: {
      tick(established.reduce(0, +))
    }
    return (established.reduce(0, +), Double(MonotonicClock.now - start) / 1e9)
  }

  /// Gives each worker an order, and collects what they found.
  ///
  /// - Parameters:
  ///   - seconds: A bound for the whole.
  ///   - order: The order for the worker of this number.
  ///   - during: Runs while the workers do.
  /// - Returns: what all have found.
  /// - Throws: ``WorkerFailure`` when one ends or hangs.
  func perform(
    within seconds: Double, order: (Int) -> LoadOrder, during: () -> Void = {}
  ) throws(WorkerFailure) -> PhaseFigures {
    for (index, worker) in workers.enumerated() { worker.write(line: order(index).line) }
    during()
    var results: [WorkerResult] = []
    try readLines(within: seconds) { _, line in
      guard let result = try? JSONDecoder().decode(WorkerResult.self, from: Data(line.utf8)) else {
        return false
      }
      results.append(result)
      return true
    } meanwhile: {
      tick(nil)
    }
    return PhaseFigures(results)
  }

  /// Reads all workers' lines until `take` has said of each that it is done.
  private func readLines(
    within seconds: Double, take: (Int, String) -> Bool, meanwhile: () -> Void
  ) throws(WorkerFailure) {
    let deadline = MonotonicClock.now + MonotonicClock.nanoseconds(seconds)
    var waiting = Array(workers.indices)
    while !waiting.isEmpty {
      waiting.removeAll { index in
        while let line = workers[index].readLine(until: 0) {
          if take(index, line) { return true }
        }
        return false
      }
      let isHopeless = waiting.contains { workers[$0].isAtEnd } || MonotonicClock.now > deadline
      if isHopeless { throw .silent }
      meanwhile()
      if !waiting.isEmpty { usleep(10_000) }
    }
  }

  /// Closes all connections.
  ///
  /// - Returns: how long it took in seconds.
  func close() -> Double {
    let start = MonotonicClock.now
    for worker in workers { worker.write(line: LoadOrder.close.line) }
    var open = Array(workers.indices)
    while !open.isEmpty, MonotonicClock.now - start < 120_000_000_000 {
      open.removeAll { index in
        while workers[index].readLine(until: 0) != nil {}
        return workers[index].isAtEnd
      }
      tick(nil)
      if !open.isEmpty { usleep(10_000) }
    }
    return Double(MonotonicClock.now - start) / 1e9
  }

  /// Ends what still runs.
  func end() { for worker in workers { worker.end(with: SIGKILL, within: 5) } }
}
