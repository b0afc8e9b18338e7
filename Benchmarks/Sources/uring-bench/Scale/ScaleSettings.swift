// SPDX-License-Identifier: Apache-2.0

/// What `scale` runs.
struct ScaleSettings: Encodable {
  let measurements: [ScaleChoice.Measurement]
  /// Shares of the connections that have a message under way in the closed loop.
  let active: [Double]
  let size: Int
  /// Seconds that connections are idle before the first message.
  let holdSeconds: Double
  /// Seconds of each loop, and of the closed loop before it.
  let seconds: Double
  let warmup: Double
  /// Where the processes are bound; nil on a machine with one CPU.
  let cpus: CPUPair?
  let descriptorLimit: Int
  /// Seconds without bytes after which completion engines exchange receives for polls.
  let quietSeconds: Double?

  private enum CodingKeys: CodingKey {
    case active, size, holdSeconds, seconds, warmup, cpus, descriptorLimit, quietSeconds
  }

  init(
    measurements: [ScaleChoice.Measurement], active: [Double], size: Int, holdSeconds: Double,
    seconds: Double, descriptorLimit: Int, quietSeconds: Double? = nil
  ) {
    self.measurements = measurements
    self.active = active
    self.size = size
    self.holdSeconds = holdSeconds
    self.seconds = seconds
    warmup = min(0.5, seconds * 0.3)
    cpus = CPUPair.choose()
    self.descriptorLimit = descriptorLimit
    self.quietSeconds = quietSeconds
  }

  /// Each once, in the order in which they are measured first.
  var servers: [ScaleServer] {
    var seen: Set<ScaleServer> = []
    return measurements.map(\.server).filter { seen.insert($0).inserted }
  }

  /// Seconds of one measurement, roughly.
  func estimatedSeconds(connections: Int) -> Double {
    let count = Double(connections)
    let moving = count / 20_000 + count / 60_000 + count / 60_000
    return 1.5 + moving + holdSeconds + Double(active.count) * 2 * (seconds + warmup)
  }

  /// A bound for one measurement, whatever happens in it.
  func limitSeconds(connections: Int) -> Double {
    300 + Double(connections) / 500 + holdSeconds + Double(active.count) * 2 * (seconds + warmup)
  }
}
