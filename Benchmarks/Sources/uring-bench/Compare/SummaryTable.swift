// SPDX-License-Identifier: Apache-2.0

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

  /// For the terminal.
  var text: [String] { TextTable(headings: headings, groups: groups.map(\.rows)).lines }

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
