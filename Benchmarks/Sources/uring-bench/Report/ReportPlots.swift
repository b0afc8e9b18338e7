/// The figures of the page.
enum ReportPlots {
  static func html(_ report: Report) -> [String] {
    plots(report).compactMap(\.html)
  }

  private static func plots(_ report: Report) -> [LinePlot] {
    let base = report.settings.base.rawValue
    return [
      LinePlot(
        title: "Throughput", unit: "thousand messages/s",
        series: series(report) { summary in
          spread(summary, summary.messagesPerSecond, scale: 0.001)
        }, kind: .linear, including: 0, label: { Numeral.fixed($0, 0) }),
      LinePlot(
        title: "Server CPU for a message", unit: "µs, less is better",
        series: series(report) { spread($0, $0.serverMicrosecondsPerMessage) },
        kind: .logarithmic, label: Self.compact),
      LinePlot(
        title: "Median latency (p50)", unit: "less is better",
        series: series(report) { point($0, $0.p50) }, kind: .logarithmic, label: Self.duration),
      LinePlot(
        title: "Tail latency (p99)", unit: "less is better",
        series: series(report) { point($0, $0.p99) }, kind: .logarithmic, label: Self.duration),
      LinePlot(
        title: "CPU efficiency against \(base)", unit: "×, above 1 is cheaper",
        series: series(report) { spread($0, $0.cpuEfficiencyAgainstBase) },
        kind: .linear, including: 1, drawsReference: true, label: { Numeral.fixed($0, 2) }),
      LinePlot(
        title: "System calls or ring enters for a message", unit: "less is better",
        series: series(report) { point($0, $0.kernelCallsPerMessage) },
        kind: .logarithmic, label: Self.compact),
    ]
  }

  private static func series(
    _ report: Report, _ value: (Summary) -> LinePlot.Point?
  ) -> [(engine: EngineName, points: [LinePlot.Point])] {
    report.settings.engines.map { engine in
      (engine, report.summaries.filter { $0.engine == engine }.compactMap(value))
    }
  }

  private static func point(_ summary: Summary, _ value: Double?) -> LinePlot.Point? {
    guard let value, value > 0 else { return nil }
    return LinePlot.Point(connections: summary.connections, value: value)
  }

  private static func spread(
    _ summary: Summary, _ value: Spread?, scale: Double = 1
  ) -> LinePlot.Point? {
    guard let value else { return nil }
    return LinePlot.Point(
      connections: summary.connections, value: value.median * scale, low: value.low * scale,
      high: value.high * scale)
  }

  /// Microseconds in the unit that keeps them short.
  private static func duration(_ microseconds: Double) -> String {
    switch microseconds {
    case ..<1000: compact(microseconds) + " µs"
    case ..<1_000_000: compact(microseconds / 1000) + " ms"
    default: compact(microseconds / 1_000_000) + " s"
    }
  }

  /// Short numbers such as `0.02`, `2.5`, `50`, `1,000`: as short as the size allows.
  private static func compact(_ value: Double) -> String {
    switch value {
    case ..<0.1: Numeral.fixed(value, 3)
    case ..<1: Numeral.fixed(value, 2)
    case ..<10: value == value.rounded() ? Numeral.fixed(value, 0) : Numeral.fixed(value, 1)
    default: Numeral.grouped(value)
    }
  }
}
