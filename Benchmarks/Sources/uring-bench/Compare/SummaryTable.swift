/// The columns of the comparison, the same on the terminal and on the page.
struct SummaryTable {
  let headings: [String]
  /// A group of rows for each number of connections; cells in the order of `headings`.
  let groups: [(connections: Int, rows: [[String]])]

  init(_ summaries: [Summary], settings: CompareSettings) {
    headings = [
      "engine", "connections", "messages/s", "p50 µs", "p99 µs", "p99.9 µs", "CPU µs/msg",
      "vs \(settings.base == EngineName.base ? "epoll" : settings.base.rawValue)", "calls/msg",
      "RSS B/conn", "errors",
    ]
    groups = settings.connections.map { connections in
      (connections, summaries.filter { $0.connections == connections }.map(Self.cells))
    }
  }

  /// For the terminal: numbers right, groups apart.
  var text: [String] {
    let rows = groups.flatMap(\.rows)
    let widths = headings.indices.map { column in
      ([headings] + rows).map { $0[column].count }.max() ?? 0
    }
    func line(_ cells: [String]) -> String {
      zip(cells, widths).enumerated().map { column, cell in
        let space = String(repeating: " ", count: cell.1 - cell.0.count)
        return column == 0 ? cell.0 + space : space + cell.0
      }.joined(separator: "  ")
    }
    var lines = [line(headings)]
    lines.append(String(repeating: "-", count: widths.reduce(0, +) + 2 * (widths.count - 1)))
    for (index, group) in groups.enumerated() {
      if index > 0 { lines.append("") }
      lines += group.rows.map(line)
    }
    return lines
  }

  private static func cells(_ summary: Summary) -> [String] {
    [
      summary.engine.rawValue,
      Numeral.grouped(Double(summary.connections)),
      summary.messagesPerSecond.map { Numeral.grouped($0.median) } ?? "–",
      Numeral.significant(summary.p50),
      Numeral.significant(summary.p99),
      Numeral.significant(summary.p999),
      Numeral.significant(summary.serverMicrosecondsPerMessage?.median),
      summary.cpuEfficiencyAgainstBase.map { Numeral.fixed($0.median, 2) + "×" } ?? "–",
      summary.kernelCallsPerMessage.map { Numeral.fixed($0, $0 < 0.1 ? 3 : 2) } ?? "–",
      summary.meaningfulResidentPerConnection.map { Numeral.grouped($0) } ?? "–",
      String(summary.errors),
    ]
  }
}
