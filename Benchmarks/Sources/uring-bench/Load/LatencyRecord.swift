// SPDX-License-Identifier: Apache-2.0

import Histogram

/// A latency histogram that travels as JSON: pairs of nanoseconds and count.
struct LatencyRecord: Codable {
  /// Three significant digits, 1 ns to 10 minutes; longer is booked as 10 minutes.
  private(set) var histogram = Histogram<UInt64>(
    highestTrackableValue: Self.longest, numberOfSignificantValueDigits: .three)

  private static let longest: UInt64 = 600_000_000_000

  init() {}

  init(from decoder: any Decoder) throws {
    let pairs = try decoder.singleValueContainer().decode([[UInt64]].self)
    for pair in pairs where pair.count == 2 {
      histogram.record(min(pair[0], Self.longest), count: pair[1])
    }
  }

  func encode(to encoder: any Encoder) throws {
    var pairs: [[UInt64]] = []
    for entry in histogram.recordedValues() { pairs.append([entry.value, entry.count]) }
    var container = encoder.singleValueContainer()
    try container.encode(pairs)
  }

  @inline(__always)
  mutating func record(_ nanoseconds: UInt64) { histogram.record(min(nanoseconds, Self.longest)) }

  mutating func add(_ other: LatencyRecord) { histogram.add(other.histogram) }

  /// How many latencies were recorded.
  var count: UInt64 { histogram.totalCount }

  /// The latency in microseconds that `percent` of the messages did not exceed; nil when none came.
  func microseconds(atPercentile percent: Double) -> Double? {
    guard count > 0 else { return nil }
    return Double(histogram.valueAtPercentile(percent)) / 1000
  }
}
