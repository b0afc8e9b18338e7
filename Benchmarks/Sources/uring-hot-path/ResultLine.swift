// SPDX-License-Identifier: Apache-2.0

/// A table for people: a line for each style and number of connections.
enum ResultLine {
  private static let width = 14

  static let header =
    padded("a message", to: 19)
    + Measure.allCases.map { padded($0.rawValue, to: width) }.joined()
    + padded("compl./enter", to: width) + "ns (not judged)"

  static func text(_ name: String, _ result: CountedResult) -> String {
    padded(name, to: 19)
      + Measure.allCases.map { measure in
        padded(result.figures[measure].map(number) ?? "not counted", to: width)
      }.joined()
      + padded(number(result.completionsPerEnter), to: width)
      + number(result.nanosecondsPerMessage.rounded())
  }

  /// A figure with three digits after the point, or none when it has none.
  static func number(_ value: Double) -> String {
    let thousandths = Int((value * 1000).rounded())
    let sign = thousandths < 0 ? "-" : ""
    let whole = thousandths.magnitude / 1000
    let rest = thousandths.magnitude % 1000
    guard rest > 0 else { return "\(sign)\(whole)" }
    let digits = String(rest)
    return "\(sign)\(whole)." + String(repeating: "0", count: 3 - digits.count) + digits
  }

  private static func padded(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }
}
