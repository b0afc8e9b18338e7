// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// What a message may cost, by style of server and number of connections.
struct Limits {
  private let atMost: [String: [Measure: Double]]

  /// Reads a JSON object: a name such as `handler-64`, then measures and the most they may be.
  ///
  /// - Throws: when the file cannot be read, or names a measure that there is not.
  init(path: String) throws {
    try self.init(json: Data(contentsOf: URL(filePath: path)))
  }

  /// Reads limits from the text of such a file.
  init(json: Data) throws {
    atMost = try JSONDecoder().decode([String: [Measure: Double]].self, from: json)
  }

  /// The most that a measure of `name` may be; `nil` where there is no limit.
  subscript(name: String, measure: Measure) -> Double? { atMost[name]?[measure] }

  /// What is wrong with the figures of `name`: over a limit, not counted, or without a limit.
  func problems(of name: String, _ figures: [Measure: Double]) -> [String] {
    Measure.allCases.compactMap { measure in
      let what = "\(name) \(measure.rawValue)"
      guard let limit = self[name, measure] else { return "\(what): there is no limit" }
      guard let figure = figures[measure] else { return "\(what): cannot be counted here" }
      return figure > limit
        ? "\(what): \(ResultLine.number(figure)) a message, at most \(ResultLine.number(limit))"
        : nil
    }
  }
}
