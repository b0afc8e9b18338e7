// SPDX-License-Identifier: Apache-2.0

/// The outcomes of storms as a table.
struct StormsTable {
  static let headings = [
    "storm", "engine", "peers", "seconds", "p50 before", "during", "after", "p99 before", "during",
    "after",
    "max before", "during", "after", "recovered", "RSS before", "peak", "after", "bound",
    "waited", "lost", "wrong",
  ]

  let rows: [[String]]

  init(_ outcomes: [StormOutcome]) { rows = outcomes.map(Self.row) }

  private static func row(_ outcome: StormOutcome) -> [String] {
    let latencies = outcome.latencies
    let windows = [latencies?.before, latencies?.during, latencies?.after]
    func times(_ value: KeyPath<LatencyWindow, Double>) -> [String] {
      windows.map { $0.map { time($0[keyPath: value]) } ?? "–" }
    }
    let seconds = outcome.peers.map { Double($0.ended - $0.begun) / 1e9 }
    let memory = outcome.memory
    return [
      outcome.storm.rawValue, outcome.engine.rawValue, "\(outcome.connections)",
      Numeral.significant(seconds),
    ]
      + times(\.p50) + times(\.p99) + times(\.max)
      + [latencies?.recoveryMilliseconds.map { "\(Numeral.grouped($0)) ms" } ?? "–"]
      + [memory?.before, memory?.peak, memory?.after].map { $0.map(Numeral.bytes) ?? "–" }
      + [
        memory.map { $0.isBounded ? Numeral.bytes($0.bound) : "ABOVE \(Numeral.bytes($0.bound))" }
          ?? "–"
      ]
      + [
        "\(outcome.peers?.waited ?? 0)", loss(outcome), "\(outcome.wrongBytes) B",
      ]
  }

  private static func loss(_ outcome: StormOutcome) -> String {
    guard outcome.lostConnections > 0 else { return "\(outcome.lostBytes) B" }
    return "\(outcome.lostBytes) B, \(outcome.lostConnections) connections"
  }

  /// Microseconds as people read them.
  private static func time(_ microseconds: Double) -> String {
    microseconds < 10_000
      ? "\(Numeral.grouped(microseconds)) µs" : "\(Numeral.grouped(microseconds / 1000)) ms"
  }

  /// Lines for a terminal.
  var text: [String] {
    let all = [Self.headings] + rows
    let widths = Self.headings.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    return all.map { cells in
      let columns = zip(cells, widths).enumerated().map { index, cell in
        let space = String(repeating: " ", count: cell.1 - cell.0.count)
        return index < 2 ? cell.0 + space : space + cell.0
      }
      return columns.joined(separator: "  ")
    }
  }
}
