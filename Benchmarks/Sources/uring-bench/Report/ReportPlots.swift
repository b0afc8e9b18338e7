// SPDX-License-Identifier: Apache-2.0

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
        kind: .logarithmic, label: Numeral.compact),
      LinePlot(
        title: "Median latency (p50)", unit: "less is better",
        series: series(report) { point($0, $0.p50) }, kind: .logarithmic, label: Numeral.duration),
      LinePlot(
        title: "Tail latency (p99)", unit: "less is better",
        series: series(report) { point($0, $0.p99) }, kind: .logarithmic, label: Numeral.duration),
      LinePlot(
        title: "CPU efficiency against \(base)", unit: "×, above 1 is cheaper",
        series: series(report) { spread($0, $0.cpuEfficiencyAgainstBase) },
        kind: .linear, including: 1, drawsReference: true, label: { Numeral.fixed($0, 2) }),
      LinePlot(
        title: "System calls or ring enters for a message", unit: "less is better",
        series: series(report) { point($0, $0.kernelCallsPerMessage) },
        kind: .logarithmic, label: Numeral.compact),
    ]
  }

  private static func series(
    _ report: Report, _ value: (Summary) -> LinePlot.Point?
  ) -> [LinePlot.Series] {
    report.settings.engines.map { engine in
      LinePlot.Series(
        name: engine.rawValue, style: SeriesStyle(of: engine),
        points: report.summaries.filter { $0.engine == engine }.compactMap(value))
    }
  }

  private static func point(_ summary: Summary, _ value: Double?) -> LinePlot.Point? {
    guard let value, value > 0 else { return nil }
    return LinePlot.Point(x: Double(summary.connections), value: value)
  }

  private static func spread(
    _ summary: Summary, _ value: Spread?, scale: Double = 1
  ) -> LinePlot.Point? {
    guard let value else { return nil }
    return LinePlot.Point(
      x: Double(summary.connections), value: value.median * scale, low: value.low * scale,
      high: value.high * scale)
  }
}
