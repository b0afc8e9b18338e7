// SPDX-License-Identifier: Apache-2.0

/// What `storms` runs.
struct StormsSettings: Codable, Sendable {
  let engines: [EngineName]
  let storms: [StormName]
  /// Peers of each storm.
  let connections: Int
  /// Well-behaved peers, and messages a second of all of them.
  var steadyConnections = 100
  var steadyRate = 2000
  /// Seconds before the storm that count, and those before them that do not.
  var secondsBefore = 1.0
  var secondsOfWarmup = 0.3
  /// Seconds behind the storm in which recovery is looked for.
  var secondsAfter = 2.0
  /// Seconds in which each slow reader reads once, and each dripping peer sends once.
  var roundSeconds = 0.5
  /// What a storm may take before the rest counts as lost.
  var limitSeconds = 180.0
  /// Where the processes are bound; nil for nowhere.
  var cpus: CPUPair?

  /// Peers of a storm: fewer slow readers where there is little memory.
  func peers(of storm: StormName) -> Int {
    guard storm == .slowReaders else { return connections }
    return min(connections, StormMemory.slowReaderLimit(.current()))
  }

  /// Descriptors of a server that has too few: its own, and enough for three fifths of the peers, so
  /// that the rest finds room in the listener's backlog.
  var descriptorLimit: Int { steadyConnections + 12 + connections * 3 / 5 }
}
