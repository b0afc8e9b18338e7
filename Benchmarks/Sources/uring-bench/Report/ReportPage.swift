// SPDX-License-Identifier: Apache-2.0

/// The page: one file, nothing to load, readable without scripts, in light and dark.
struct ReportPage {
  private let report: Report
  private let table: SummaryTable

  init(_ report: Report) {
    self.report = report
    table = SummaryTable(report.summaries, settings: report.settings)
  }

  var html: String {
    """
    <!DOCTYPE html>
    <html lang="en"><head><meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>uring-bench: completion against readiness</title>
    <style>\(PageStyle.css(report.settings.engines.map { SeriesStyle(of: $0) }))</style></head>
    <body><main>
    <h1>Completion against readiness: TCP echo</h1>
    \(facts)
    <ul class="legend">\(legend)</ul>
    <div class="grids">
    \(ReportPlots.html(report).joined(separator: "\n"))
    </div>
    <h2>All figures</h2>
    <div class="wide">\(tableHTML)</div>
    \(failures)\(ReportNotes.html(report.settings))
    </main></body></html>

    """
  }

  private var facts: String {
    let settings = report.settings
    var work = "\(Numeral.grouped(Double(settings.size))) B messages, one in flight on each"
    work += " connection, every byte checked · \(settings.rounds) rounds of"
    work += " \(Numeral.short(settings.seconds)) s · \(HTMLText.cpus(settings.cpus))"
    let place = HTMLText.facts(report.machine)
    return [place, work].map { "<p class=\"facts\">\(HTMLText.escape($0))</p>" }.joined(
      separator: "\n")
  }

  private var legend: String {
    report.settings.engines.map { "<li>\(Self.key($0))\($0.rawValue)</li>" }.joined()
  }

  private static func key(_ engine: EngineName) -> String { HTMLText.key(SeriesStyle(of: engine)) }

  private var tableHTML: String {
    var html = "<table><thead><tr>"
    html += table.headings.map { "<th>\(HTMLText.escape($0))</th>" }.joined() + "</tr></thead>"
    for group in table.groups {
      let summaries = report.summaries.filter { $0.connections == group.connections }
      html += "<tbody>"
      for (row, summary) in zip(group.rows, summaries) {
        html += Self.row(row, summary, best: Self.best(of: summaries))
      }
      html += "</tbody>"
    }
    return html + "</table>"
  }

  private static func row(_ cells: [String], _ summary: Summary, best: Best) -> String {
    let columns = cells.enumerated().map { column, text in
      switch column {
      case 0: return "<td>\(key(summary.engine)) \(text)</td>"
      case 2: return cell(text, summary.messagesPerSecond, isBest: best.rate == summary.engine)
      case 6:
        return cell(text, summary.serverMicrosecondsPerMessage, isBest: best.cpu == summary.engine)
      case 7: return cell(text, summary.cpuEfficiencyAgainstBase, isBest: false)
      case cells.count - 1 where summary.errors > 0: return "<td class=\"bad\">\(text)</td>"
      default: return "<td>\(text)</td>"
      }
    }
    return "<tr>" + columns.joined() + "</tr>"
  }

  private static func cell(_ text: String, _ spread: Spread?, isBest: Bool) -> String {
    let title = spread.map {
      " title=\"\(Numeral.significant($0.low)) to \(Numeral.significant($0.high)) over the rounds\""
    }
    return "<td\(isBest ? " class=\"best\"" : "")\(title ?? "")>\(text)</td>"
  }

  private struct Best {
    let rate: EngineName?
    let cpu: EngineName?
  }

  private static func best(of summaries: [Summary]) -> Best {
    let rates = summaries.filter { $0.messagesPerSecond != nil }
    let costs = summaries.filter { $0.serverMicrosecondsPerMessage != nil }
    return Best(
      rate: rates.max {
        ($0.messagesPerSecond?.median ?? 0) < ($1.messagesPerSecond?.median ?? 0)
      }?.engine,
      cpu: costs.min {
        ($0.serverMicrosecondsPerMessage?.median ?? 0)
          < ($1.serverMicrosecondsPerMessage?.median ?? 0)
      }?.engine)
  }

  private var failures: String {
    let failed = report.summaries.filter { $0.errors > 0 }
    return HTMLText.errors(
      failed.map { summary in
        let place = "\(summary.engine.rawValue), \(summary.connections) connections"
        return "\(place): \(summary.errors) errors; \(summary.failure ?? "")"
      })
  }
}
