// SPDX-License-Identifier: Apache-2.0

/// Plots with a title and a legend, as an SVG file that needs nothing else.
///
/// It brings its own ground, because a page that shows it may be light where the reader's system is
/// dark.
struct PlotSheet {
  let title: String
  let plots: [LinePlot]
  /// Plots beside each other.
  let columns: Int
  let series: [(server: String, style: SeriesStyle)]

  private static let margin = 18.0
  private static let gap = 26.0
  private static let captionHeight = 30.0
  private static let lineHeight = 24.0

  /// The file; nil when there is nothing to draw.
  var svg: String? {
    let drawings = plots.compactMap { plot in plot.drawing.map { (plot, $0) } }
    guard !drawings.isEmpty else { return nil }
    let shown = min(columns, drawings.count)
    let width = 2 * Self.margin + Double(shown) * (LinePlot.width + Self.gap) - Self.gap
    let legend = legend(width: width)
    let top = Self.margin + 26 + legend.height + 8
    let cell = Self.captionHeight + LinePlot.height
    let rows = (drawings.count + shown - 1) / shown
    var body = "<text class=\"h\" x=\"\(Self.margin)\" y=\"\(Self.margin + 16)\">\(title)</text>"
    body += legend.svg
    for (index, (plot, drawing)) in drawings.enumerated() {
      let x = Self.margin + Double(index % shown) * (LinePlot.width + Self.gap)
      let y = top + Double(index / shown) * (cell + 8)
      body += Self.panel(plot, drawing, x, y)
    }
    let height = top + Double(rows) * (cell + 8) + Self.margin - 8
    return file(body, Int(width), Int(height))
  }

  private func file(_ body: String, _ width: Int, _ height: Int) -> String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width) \(height)" width="\(width)" \
    height="\(height)" role="img" aria-label="\(title)">
    <style>\(PageStyle.picture(series.map(\.style)))</style>
    <rect class="ground" width="\(width)" height="\(height)" rx="8"/>
    \(body)
    </svg>

    """
  }

  private static func panel(
    _ plot: LinePlot, _ drawing: String, _ x: Double, _ y: Double
  ) -> String {
    let caption =
      "<text class=\"b\" x=\"8\" y=\"18\">\(plot.title) "
      + "<tspan class=\"u\" dx=\"6\">\(plot.unit)</tspan></text>"
    return "<g transform=\"translate(\(x) \(y))\">\(caption)"
      + "<g transform=\"translate(0 \(captionHeight))\">\(drawing)</g></g>"
  }

  /// The keys in as many lines as the width takes; a character is reckoned as 8 wide.
  private func legend(width: Double) -> (svg: String, height: Double) {
    var svg = ""
    var x = Self.margin
    var y = Self.margin + 34
    for (server, style) in series {
      let needed = 34 + 8 + 8 * Double(server.count) + 20
      if x + needed > width - Self.margin, x > Self.margin {
        x = Self.margin
        y += Self.lineHeight
      }
      svg += "<g transform=\"translate(\(x) \(y))\" class=\"s \(style.name)\">\(style.keySVG)"
      svg += "<text class=\"k\" x=\"42\" y=\"12\">\(server)</text></g>"
      x += needed
    }
    return (svg, y - Self.margin - 34 + Self.lineHeight)
  }
}
