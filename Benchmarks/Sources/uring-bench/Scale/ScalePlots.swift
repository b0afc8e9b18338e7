// SPDX-License-Identifier: Apache-2.0

/// The figures of `scale`.
struct ScalePlots {
  private let report: ScaleReport
  /// The share whose curves are drawn against connections.
  private let share: Double?
  /// The number of connections whose curves are drawn against the active share.
  private let connections: Int?

  init(_ report: ScaleReport) {
    self.report = report
    share = report.settings.active.first
    connections = report.samples.map(\.connections).max()
  }

  /// Those of the page.
  var html: [String] {
    let plots = [cpu, closedMedian, closedTail, openMedian, openTail, user, kernel, opening]
    return (plots + againstShare).compactMap(\.html)
  }

  /// Those that stand alone, by name.
  var pictures: [(name: String, sheet: PlotSheet)] {
    let looks = report.series
    func sheet(_ title: String, _ plots: [LinePlot]) -> PlotSheet {
      PlotSheet(title: title, plots: plots, columns: 2, series: looks)
    }
    return [
      ("cpu", sheet("CPU time of the server", [cpu])),
      ("memory", sheet("Memory of the server for a connection", [user, kernel])),
      (
        "latency",
        sheet("Latency of an echo", [closedMedian, closedTail, openMedian, openTail])
      ),
      ("share", sheet("An echo, by how many connections are active", againstShare)),
    ]
  }

  private var active: String { share.map { ", \(Numeral.percent($0)) active" } ?? "" }

  private var cpu: LinePlot {
    plot("CPU for a message\(active)", "µs, less is better", Numeral.compact) { _, load in
      load?.closed.serverMicrosecondsPerMessage
    }
  }

  private var closedMedian: LinePlot {
    latency("Closed loop, p50") { $0.closed.p50 }
  }

  private var closedTail: LinePlot {
    latency("Closed loop, p99") { $0.closed.p99 }
  }

  private var openMedian: LinePlot {
    latency("Open loop, p50") { $0.open?.p50 }
  }

  private var openTail: LinePlot {
    latency("Open loop, p99") { $0.open?.p99 }
  }

  private func latency(_ title: String, _ value: (ActiveLoad) -> Double?) -> LinePlot {
    plot(title + active, "less is better", Numeral.duration) { _, load in load.flatMap(value) }
  }

  private var user: LinePlot {
    plot("Its own memory", "B a connection, less is better", Numeral.compact) { sample, _ in
      sample.residentPerConnection
    }
  }

  private var kernel: LinePlot {
    plot("The kernel's memory for it", "B a connection, less is better", Numeral.compact) {
      sample, _ in sample.kernel?.serverEnd
    }
  }

  private var opening: LinePlot {
    plot("Connections opened", "a second, more is better", Numeral.compact) { sample, _ in
      sample.connectionsPerSecond
    }
  }

  private func plot(
    _ title: String, _ unit: String, _ label: @escaping (Double) -> String,
    _ value: (ScaleSample, ActiveLoad?) -> Double?
  ) -> LinePlot {
    LinePlot(
      title: title, unit: unit,
      series: series { sample in
        let load = sample.loads.first { $0.share == share }
        guard let value = value(sample, load) else { return [] }
        return [LinePlot.Point(x: Double(sample.connections), value: value)]
      }, kind: .logarithmic, label: label)
  }

  /// Nothing when there is one share.
  private var againstShare: [LinePlot] {
    guard report.settings.active.count > 1, let connections else { return [] }
    let place = ", \(Numeral.grouped(Double(connections))) connections"
    return [
      sharePlot("CPU for a message\(place)", "µs, less is better", Numeral.compact) {
        $0.closed.serverMicrosecondsPerMessage
      },
      sharePlot("Closed loop, p99\(place)", "less is better", Numeral.duration) { $0.closed.p99 },
      sharePlot("Open loop, p99\(place)", "less is better", Numeral.duration) { $0.open?.p99 },
    ]
  }

  private func sharePlot(
    _ title: String, _ unit: String, _ label: @escaping (Double) -> String,
    _ value: (ActiveLoad) -> Double?
  ) -> LinePlot {
    LinePlot(
      title: title, unit: unit,
      series: series { sample in
        guard sample.connections == connections else { return [] }
        return sample.loads.compactMap { load in
          value(load).map { LinePlot.Point(x: load.share, value: $0) }
        }
      }, kind: .logarithmic, xName: "active share", xLabel: Numeral.percent, label: label)
  }

  private func series(_ points: (ScaleSample) -> [LinePlot.Point]) -> [LinePlot.Series] {
    report.series.map { server, style in
      let own = report.samples.filter { $0.server == server }
      // A logarithmic scale has no place for what is not above zero.
      return LinePlot.Series(
        name: server, style: style, points: own.flatMap(points).filter { $0.value > 0 })
    }
  }
}
