// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A range of values laid along a line, with the values to label.
struct PlotScale {
  enum Kind { case linear, logarithmic }

  let kind: Kind
  let low: Double
  let high: Double
  let ticks: [Double]

  /// A scale with round ends on which all `values` fit, and `including` too.
  ///
  /// Values that are not positive are left out of a logarithmic scale.
  init(kind: Kind, values: [Double], including: Double? = nil) {
    self.kind = kind
    let all = (values + (including.map { [$0] } ?? [])).filter { kind == .linear || $0 > 0 }
    let least = all.min() ?? 1
    let most = all.max() ?? 10
    switch kind {
    case .linear:
      let step = Self.step(for: max(most - least, most * 0.05, 1e-9) / 4)
      low = (least / step).rounded(.down) * step
      high = max((most / step).rounded(.up) * step, low + step)
      ticks = Self.steps(from: low, to: high, by: step)
    case .logarithmic:
      let marks = Self.decades(least, most)
      let low = marks.last { $0 <= least * 1.0001 } ?? least
      let high = max(marks.first { $0 >= most * 0.9999 } ?? most, low * 2)
      ticks = marks.filter { $0 >= low * 0.9999 && $0 <= high * 1.0001 }
      self.low = low
      self.high = high
    }
  }

  /// A logarithmic scale that begins and ends at the values themselves, and labels each of them.
  init(labelling values: [Double]) {
    kind = .logarithmic
    let sorted = values.sorted()
    low = sorted.first ?? 1
    high = max(sorted.last ?? 10, low * 1.01)
    ticks = sorted
  }

  /// Where `value` lies, from 0 at `low` to 1 at `high`.
  func position(_ value: Double) -> Double {
    switch kind {
    case .linear: (value - low) / (high - low)
    case .logarithmic: log(value / low) / log(high / low)
    }
  }

  /// 1, 2, 2.5 or 5 times a power of ten, at least `least`.
  private static func step(for least: Double) -> Double {
    let power = pow(10, floor(log10(least)))
    for factor in [1, 2, 2.5, 5] where power * factor >= least * 0.999 { return power * factor }
    return power * 10
  }

  private static func steps(from low: Double, to high: Double, by step: Double) -> [Double] {
    (0...Int(((high - low) / step).rounded())).map { low + Double($0) * step }
  }

  /// The powers of ten around the range; with 2 and 5 between them where the range is short.
  private static func decades(_ least: Double, _ most: Double) -> [Double] {
    let first = Int(floor(log10(least)))
    let last = Int(ceil(log10(most)))
    let factors: [Double] = last - first > 3 ? [1] : last - first > 2 ? [1, 3] : [1, 2, 5]
    return (first...max(last, first + 1)).flatMap { power in
      factors.map { $0 * pow(10, Double(power)) }
    }
  }
}
