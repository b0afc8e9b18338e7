// SPDX-License-Identifier: Apache-2.0

/// The page of `scale`: one file, nothing to load, readable without scripts, in light and dark.
struct ScalePage {
  private let report: ScaleReport

  init(_ report: ScaleReport) { self.report = report }

  var html: String {
    """
    <!DOCTYPE html>
    <html lang="en"><head><meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>uring-bench: very many connections</title>
    <style>\(PageStyle.css(report.series.map(\.style)))</style></head>
    <body><main class="broad">
    <h1>Servers with very many connections: TCP echo</h1>
    \(facts)
    <ul class="legend">\(legend)</ul>
    <div class="grids">
    \(ScalePlots(report).html.joined(separator: "\n"))
    </div>
    <h2>All figures</h2>
    <div class="wide">\(table)</div>
    \(failures)\(kernelCaches)\(ScaleNotes.html)
    </main></body></html>

    """
  }

  private var facts: String {
    let settings = report.settings
    let shares = settings.active.map(Numeral.percent).joined(separator: ", ")
    var work = "\(Numeral.grouped(Double(settings.size))) B messages, every byte checked"
    work += " · \(shares) of the connections active in turn"
    work += " · idle for \(Numeral.short(settings.holdSeconds)) s, then one message on each,"
    work += " then loops of \(Numeral.short(settings.seconds)) s"
    work += " · \(HTMLText.cpus(settings.cpus))"
    return [HTMLText.facts(report.machine), work].map {
      "<p class=\"facts\">\(HTMLText.escape($0))</p>"
    }.joined(separator: "\n")
  }

  private var legend: String {
    report.series.map { "<li>\(HTMLText.key($0.style))\($0.server)</li>" }.joined()
  }

  private func key(_ server: String) -> String {
    report.series.first { $0.server == server }.map { HTMLText.key($0.style) } ?? ""
  }

  private var table: String {
    let headings = ScaleTable.headings.map { "<th>\($0)</th>" }.joined()
    let groups = ScaleTable(report).groups.map { rows in
      "<tbody>\(rows.map(row).joined())</tbody>"
    }
    return "<table><thead><tr>\(headings)</tr></thead>\(groups.joined())</table>"
  }

  private func row(_ row: ScaleTable.Row) -> String {
    let errors = ScaleTable.headings.firstIndex(of: "errors")
    let cells = row.cells.enumerated().map { column, text in
      if column == 0 { return "<td>\(key(row.sample.server)) \(text)</td>" }
      let isBad = column == errors && row.sample.errors > 0
      return "<td\(isBad ? " class=\"bad\"" : "")>\(text)</td>"
    }
    return "<tr>\(cells.joined())</tr>"
  }

  private var failures: String {
    let failed = report.samples.filter { $0.errors > 0 }
    return HTMLText.errors(
      failed.map { sample in
        let place = "\(sample.server), \(Numeral.grouped(Double(sample.connections))) connections"
        return "\(place): \(sample.errors) errors; \(sample.failure ?? "")"
      })
  }

  /// The kernel's caches at the largest number of connections of each server.
  private var kernelCaches: String {
    let rows = report.series.compactMap { server, style -> String? in
      let own = report.samples.filter { $0.server == server && $0.kernel?.serverEnd != nil }
      guard let sample = own.max(by: { $0.connections < $1.connections }),
        let caches = sample.kernel?.caches, !caches.isEmpty
      else { return nil }
      let text = caches.map { cache in
        "\(cache.name) \(Numeral.grouped(cache.serverEnd)) of \(Numeral.grouped(cache.bothEnds))"
      }.joined(separator: ", ")
      let place = "\(server), \(Numeral.grouped(Double(sample.connections))) connections"
      return "<li>\(HTMLText.key(style)) \(place): \(HTMLText.escape(text))</li>"
    }
    guard !rows.isEmpty else { return "" }
    return "<h2>The kernel's memory by cache</h2><p>Bytes for a connection: of the server's end, "
      + "of both ends.</p><ul class=\"caches\">\(rows.joined())</ul>"
  }
}
