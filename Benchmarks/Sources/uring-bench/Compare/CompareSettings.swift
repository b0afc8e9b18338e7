// SPDX-License-Identifier: Apache-2.0

/// What a comparison runs.
struct CompareSettings: Codable {
  let engines: [EngineName]
  /// The engine the others are divided by: readiness-epoll where it takes part, else the first.
  let base: EngineName
  let connections: [Int]
  let size: Int
  let rounds: Int
  /// Seconds of each measured window, and of load before it.
  let seconds: Double
  let warmup: Double
  /// Where the processes are bound; nil on a machine with one CPU.
  let cpus: CPUPair?

  init(engines: [EngineName], connections: [Int], size: Int, rounds: Int, seconds: Double) {
    self.engines = engines
    self.connections = connections
    self.size = size
    self.rounds = rounds
    self.seconds = seconds
    base = engines.contains(EngineName.base) ? EngineName.base : engines.first ?? EngineName.base
    warmup = min(0.5, seconds * 0.3)
    cpus = CPUPair.choose()
  }

  /// Engines in the order of round `round`: a different one first each time, so that what drifts on
  /// the machine, and what the predecessor leaves behind, hits all alike.
  func order(inRound round: Int) -> [EngineName] {
    let shift = round % max(1, engines.count)
    return Array(engines[shift...] + engines[..<shift])
  }

  /// Seconds it will take, roughly: processes start and end, and connections are opened.
  var estimatedSeconds: Double {
    let perRun = seconds + warmup + 0.15
    let opening = Double(connections.reduce(0, +)) / 25_000
    return Double(engines.count * rounds) * (perRun * Double(connections.count) + opening)
  }
}

/// The CPU for the server and the CPU for the load.
struct CPUPair: Codable {
  let server: Int
  let load: Int

  /// The first allowed CPU, and the first that is not another thread of the same core.
  static func choose() -> CPUPair? {
    let allowed = CPUs.allowed
    guard let server = allowed.first, allowed.count > 1 else { return nil }
    let siblings = CPUs.siblings(of: server)
    let load = allowed.first { $0 != server && !siblings.contains($0) } ?? allowed[1]
    return CPUPair(server: server, load: load)
  }
}
