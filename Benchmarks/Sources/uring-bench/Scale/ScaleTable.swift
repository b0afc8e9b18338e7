// SPDX-License-Identifier: Apache-2.0

/// The columns of `scale`, the same on the terminal and on the page.
struct ScaleTable {
  /// A row of cells, and what it is about.
  struct Row {
    let sample: ScaleSample
    let cells: [String]
  }

  static let headings = [
    "server", "connections", "opened/s", "own B/conn", "kernel B/conn", "active", "CPU µs/msg",
    "closed msg/s", "closed p50", "p99", "p99.9", "open msg/s", "open p50", "p99", "p99.9",
    "errors", "proc×loops",
  ]

  /// A group for each number of connections, a row for each active share of each server.
  let groups: [[Row]]

  init(_ report: ScaleReport) {
    var groups: [[Row]] = []
    for sample in report.samples {
      if groups.last?.first?.sample.connections != sample.connections { groups.append([]) }
      let loads: [ActiveLoad?] = sample.loads.isEmpty ? [nil] : sample.loads
      groups[groups.count - 1] += loads.map { Row(sample: sample, cells: Self.cells(sample, $0)) }
    }
    self.groups = groups
  }

  /// For the terminal.
  var lines: [String] {
    TextTable(headings: Self.headings, groups: groups.map { $0.map(\.cells) }).lines
  }

  private static func cells(_ sample: ScaleSample, _ load: ActiveLoad?) -> [String] {
    let own: [String] = [
      sample.server, Numeral.grouped(Double(sample.connections)),
      sample.connectionsPerSecond.map(Numeral.grouped) ?? "–",
      sample.residentPerConnection.map(Numeral.grouped) ?? "–", kernel(sample.kernel),
    ]
    let closed = load?.closed
    let open = load?.open
    let loops: [String] = [
      load.map { Numeral.percent($0.share) } ?? "–",
      Numeral.significant(closed?.serverMicrosecondsPerMessage),
      closed.map { Numeral.grouped($0.messagesPerSecond) } ?? "–",
      duration(closed?.p50), duration(closed?.p99), duration(closed?.p999),
      open.map { Numeral.grouped($0.messagesPerSecond) } ?? "–",
      duration(open?.p50), duration(open?.p99), duration(open?.p999),
    ]
    return own + loops + [
      String(sample.errors), "\(sample.plan.processes)×\(sample.plan.loops)",
    ]
  }

  /// Of the server's end; of both ends where the kernel does not tell them apart.
  private static func kernel(_ growth: KernelGrowth?) -> String {
    guard let growth else { return "–" }
    return growth.serverEnd.map(Numeral.grouped) ?? Numeral.grouped(growth.bothEnds) + " both"
  }

  private static func duration(_ microseconds: Double?) -> String {
    microseconds.map(Numeral.duration) ?? "–"
  }
}
