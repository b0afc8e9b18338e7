// SPDX-License-Identifier: Apache-2.0

/// Latencies of the messages that were due in a stretch of time, in microseconds.
struct LatencyWindow: Codable, Equatable, Sendable {
  let count: Int
  let p50: Double
  let p99: Double
  let max: Double

  /// - Returns: nil when there are none.
  init?(_ latencies: [UInt32]) {
    guard !latencies.isEmpty else { return nil }
    let sorted = latencies.sorted()
    func rank(_ share: Double) -> Double {
      Double(sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))])
    }
    count = sorted.count
    p50 = rank(0.5)
    p99 = rank(0.99)
    max = Double(sorted[sorted.count - 1])
  }
}

/// The moments of a storm, on the monotonic clock, in nanoseconds.
struct StormMoments: Codable, Equatable, Sendable {
  /// When the window before the storm begins.
  let before: UInt64
  /// When the storm begins and ends.
  let begun: UInt64
  let ended: UInt64
  /// When the window after the storm ends.
  let after: UInt64
}

/// What well-behaved peers have felt of a storm.
struct StormLatencies: Codable, Equatable, Sendable {
  let before: LatencyWindow?
  let during: LatencyWindow?
  let after: LatencyWindow?
  /// Milliseconds from the storm's end until the slowest 1 % is as before; nil if it never was.
  let recoveryMilliseconds: Double?
  /// The p99 of each slot, in microseconds, from the window before the storm on; 0 for no message.
  let timeline: [Double]

  /// Length of a slot: 200 messages at the usual rate.
  static let slot: UInt64 = 100_000_000
  /// Below this nothing counts as slow, in microseconds: a wake-up on a busy CPU takes as long.
  static let floor = 1000.0

  init(_ result: SteadyResult, _ moments: StormMoments) {
    func latencies(_ from: UInt64, _ to: UInt64) -> [UInt32] {
      zip(result.dues, result.latencies).filter { due, _ in
        (from..<to).contains(result.begin + UInt64(due) * 1000)
      }.map(\.1)
    }
    func slots(from start: UInt64) -> [LatencyWindow?] {
      stride(from: start, to: moments.after, by: Int(Self.slot)).map {
        LatencyWindow(latencies($0, $0 + Self.slot))
      }
    }
    before = LatencyWindow(latencies(moments.before, moments.begun))
    during = LatencyWindow(latencies(moments.begun, moments.ended))
    after = LatencyWindow(latencies(moments.ended, moments.after))
    let limit = max(Self.floor, 2 * (before?.p99 ?? 0))
    let recovered = slots(from: moments.ended).firstIndex { ($0?.p99 ?? .infinity) <= limit }
    recoveryMilliseconds = recovered.map { Double($0) * Double(Self.slot) / 1e6 }
    timeline = slots(from: moments.before).map { $0?.p99 ?? 0 }
  }
}
