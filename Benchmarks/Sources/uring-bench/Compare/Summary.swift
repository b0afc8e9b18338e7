// SPDX-License-Identifier: Apache-2.0

/// One engine at one number of connections, over all rounds.
struct Summary: Encodable {
  let engine: EngineName
  let connections: Int
  /// Medians of the rounds, and their extremes.
  let messagesPerSecond: Spread?
  let serverMicrosecondsPerMessage: Spread?
  let kernelCallsPerMessage: Double?
  let residentPerConnection: Double?
  /// The base engine's CPU time for a message over this engine's, round by round; above 1 is
  /// cheaper than the base.
  let cpuEfficiencyAgainstBase: Spread?
  /// Over the messages of all rounds, in microseconds.
  let p50: Double?
  let p99: Double?
  let p999: Double?
  let messages: UInt64
  let errors: Int
  let badBytes: UInt64
  let failure: String?

  /// Sums up `samples`, all of this engine and number of connections; `base` are those of the base
  /// engine at the same number.
  init(engine: EngineName, connections: Int, samples: [RunSample], base: [RunSample]) {
    self.engine = engine
    self.connections = connections
    messagesPerSecond = Spread(samples.compactMap(\.messagesPerSecond))
    serverMicrosecondsPerMessage = Spread(samples.compactMap(\.serverMicrosecondsPerMessage))
    kernelCallsPerMessage = Spread(samples.compactMap(\.kernelCallsPerMessage))?.median
    residentPerConnection = Spread(samples.compactMap(\.residentPerConnection))?.median
    cpuEfficiencyAgainstBase = Spread(
      samples.compactMap { sample in
        let other = base.first { $0.round == sample.round }
        guard let mine = sample.serverMicrosecondsPerMessage, mine > 0,
          let theirs = other?.serverMicrosecondsPerMessage
        else { return nil }
        return theirs / mine
      })
    var latencies = LatencyRecord()
    for sample in samples { latencies.add(sample.latencies) }
    p50 = latencies.microseconds(atPercentile: 50)
    p99 = latencies.microseconds(atPercentile: 99)
    p999 = latencies.microseconds(atPercentile: 99.9)
    messages = samples.reduce(0) { $0 + $1.messages }
    errors = samples.reduce(0) { $0 + $1.errors }
    badBytes = samples.reduce(0) { $0 + $1.badBytes }
    failure = samples.compactMap(\.failure).first
  }

  /// Memory for a connection, where there are enough connections for the growth of the process to
  /// mean them.
  var meaningfulResidentPerConnection: Double? { connections >= 1000 ? residentPerConnection : nil }

  static func all(of samples: [RunSample], settings: CompareSettings) -> [Summary] {
    settings.connections.flatMap { connections in
      let here = samples.filter { $0.connections == connections }
      let base = here.filter { $0.engine == settings.base }
      return settings.engines.map { engine in
        Summary(
          engine: engine, connections: connections, samples: here.filter { $0.engine == engine },
          base: base)
      }
    }
  }
}

/// The median of some values, and their extremes.
struct Spread: Encodable {
  let median: Double
  let low: Double
  let high: Double

  /// Nil when there are none.
  init?(_ values: [Double]) {
    let sorted = values.sorted()
    guard let low = sorted.first, let high = sorted.last else { return nil }
    self.low = low
    self.high = high
    let middle = sorted.count / 2
    median = sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }
}
