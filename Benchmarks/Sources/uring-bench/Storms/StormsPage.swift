// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Storms as a page: one file, nothing to load, readable without scripts.
struct StormsPage {
  private let report: StormsReport

  init(_ report: StormsReport) { self.report = report }

  var html: String {
    """
    <!DOCTYPE html>
    <html lang="en"><head><meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>uring-bench: storms</title>
    <style>\(PageStyle.css(report.settings.engines.map { SeriesStyle(of: $0) }))</style></head>
    <body><main>
    <h1>Storms of \(Numeral.grouped(Double(report.settings.connections))) connections</h1>
    \(facts)
    <h2>What well-behaved peers feel: p99 of each 100 ms</h2>
    <div class="grids">
    \(report.outcomes.map(figure).joined(separator: "\n"))
    </div>
    <h2>All figures</h2>
    <div class="wide">\(table)</div>
    </main></body></html>

    """
  }

  private var facts: String {
    let (machine, settings) = (report.machine, report.settings)
    var place = "\(machine.date) · Linux \(machine.kernel) · \(machine.cpus) × \(machine.cpuModel)"
    if let commit = machine.commit { place += " · commit \(commit)" }
    var work = "\(settings.steadyConnections) well-behaved connections echo"
    work += " \(SteadyLoad.messageBytes) B at \(Numeral.grouped(Double(settings.steadyRate)))"
    work += " messages/s in an open loop; latency counts from when a message was due"
    return "<p class=\"facts\">\(place)</p>\n<p class=\"facts\">\(work)</p>"
  }

  /// The slots' p99 on a logarithmic scale, the storm as a band.
  private func figure(_ outcome: StormOutcome) -> String {
    let caption = "\(outcome.storm.rawValue) <span>\(outcome.engine.rawValue)</span>"
    guard let latencies = outcome.latencies, let peers = outcome.peers else {
      return "<figure><figcaption>\(caption): no result</figcaption></figure>"
    }
    let scale = PlotScale(
      kind: .logarithmic, values: latencies.timeline.filter { $0 > 0 } + [100, 10_000])
    let (width, height, left) = (420.0, 150.0, 60.0)
    let step = (width - left) / Double(max(1, latencies.timeline.count))
    let points = latencies.timeline.enumerated().filter { $0.element > 0 }.map { index, value in
      let y = height * (1 - scale.position(value))
      return "\(Numeral.fixed(left + Double(index) * step, 1)),\(Numeral.fixed(y, 1))"
    }
    let slots = Double(peers.ended - peers.begun) / Double(StormLatencies.slot)
    let begin = report.settings.secondsBefore * 1e9 / Double(StormLatencies.slot)
    let band = """
      <rect x="\(Numeral.fixed(left + begin * step, 1))" y="0" height="\(height)"
      width="\(Numeral.fixed(max(1, slots * step), 1))" fill="currentColor" opacity=".08"/>
      """
    let ticks = scale.ticks.map { tick in
      let y = Numeral.fixed(height * (1 - scale.position(tick)), 1)
      let label = Numeral.grouped(tick)
      return """
        <path class="grid" d="M\(left) \(y)H\(width)"/><text class="t" x="0" y="\(y)">\(label) µs</text>
        """
    }
    return """
      <figure class="\(outcome.engine.rawValue)"><figcaption>\(caption)</figcaption>
      <svg viewBox="0 -8 \(width) \(height + 16)" role="img">\(band)\(ticks.joined())
      <polyline class="l" points="\(points.joined(separator: " "))"/></svg></figure>
      """
  }

  private var table: String {
    let head = StormsTable.headings.map { "<th>\($0)</th>" }.joined()
    let rows = zip(StormsTable(report.outcomes).rows, report.outcomes).map { cells, outcome in
      let style = outcome.isFailure ? " class=\"bad\"" : ""
      return "<tr>" + cells.map { "<td\(style)>\($0)</td>" }.joined() + "</tr>"
    }
    return "<table><thead><tr>\(head)</tr></thead><tbody>\(rows.joined())</tbody></table>"
  }
}
