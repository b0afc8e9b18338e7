// SPDX-License-Identifier: Apache-2.0

/// A plot of some servers' values against a number, as SVG.
struct LinePlot {
  struct Point {
    let x: Double
    let value: Double
    /// The extremes over the rounds, drawn as a thin bar.
    var low: Double?
    var high: Double?
  }

  struct Series {
    let name: String
    let style: SeriesStyle
    let points: [Point]
  }

  let title: String
  let unit: String
  let series: [Series]
  let kind: PlotScale.Kind
  /// A value that must be on the scale, and whether a line is drawn through it.
  var including: Double?
  var drawsReference = false
  /// What the numbers are that values are plotted against, and how they are written.
  var xName = "connections"
  var xLabel: (Double) -> String = Numeral.grouped
  /// How values are written on the axis.
  let label: (Double) -> String

  static let width = 560.0
  static let height = 320.0
  private static let left = 62.0
  private static let right = 18.0
  private static let top = 14.0
  private static let bottom = 46.0

  /// The figure with its caption; nil when there is nothing to draw.
  var html: String? {
    guard let drawing else { return nil }
    let size = "0 0 \(Int(Self.width)) \(Int(Self.height))"
    return """
      <figure><figcaption><b>\(title)</b> <span>\(unit)</span></figcaption>
      <svg viewBox="\(size)" role="img" aria-label="\(title) against \(xName)">\(drawing)</svg></figure>
      """
  }

  /// The content of an SVG element of ``width`` by ``height``; nil when there is nothing to draw.
  var drawing: String? {
    let points = series.flatMap(\.points)
    guard !points.isEmpty else { return nil }
    let places = Set(points.map(\.x))
    let xScale = PlotScale(labelling: Array(places))
    let values = points.flatMap { [$0.value, $0.low ?? $0.value, $0.high ?? $0.value] }
    let yScale = PlotScale(kind: kind, values: values, including: including)
    func x(_ number: Double) -> Double {
      let inner = Self.width - Self.left - Self.right - 36
      return Self.left + 18 + (places.count == 1 ? 0.5 : xScale.position(number)) * inner
    }
    func y(_ value: Double) -> Double {
      Self.height - Self.bottom
        - yScale.position(value) * (Self.height - Self.top - Self.bottom)
    }
    var svg = axes(xScale, yScale, x, y)
    for (index, line) in series.enumerated() {
      // Servers stand a little apart sideways: close values would hide each other's marks.
      let shift = (Double(index) - Double(series.count - 1) / 2) * 4.5
      svg += draw(line, { x($0) + shift }, y)
    }
    return svg
  }

  private func axes(
    _ xScale: PlotScale, _ yScale: PlotScale, _ x: (Double) -> Double, _ y: (Double) -> Double
  ) -> String {
    let far = Self.width - Self.right
    var svg = ""
    for tick in yScale.ticks {
      let place = Numeral.fixed(y(tick), 1)
      svg += "<path class=\"grid\" d=\"M\(Self.left) \(place)H\(far)\"/>"
      svg += "<text class=\"t\" x=\"\(Self.left - 8)\" y=\"\(Numeral.fixed(y(tick) + 4, 1))\""
      svg += " text-anchor=\"end\">\(label(tick))</text>"
    }
    if drawsReference, let including {
      svg += "<path class=\"ref\" d=\"M\(Self.left) \(Numeral.fixed(y(including), 1))H\(far)\"/>"
    }
    for tick in xScale.ticks {
      let place = Numeral.fixed(x(tick), 1)
      svg += "<path class=\"grid\" d=\"M\(place) \(Self.top)V\(Self.height - Self.bottom)\"/>"
      svg += "<text class=\"t\" x=\"\(place)\" y=\"\(Self.height - Self.bottom + 18)\""
      svg += " text-anchor=\"middle\">\(xLabel(tick))</text>"
    }
    svg += "<text class=\"t\" x=\"\((Self.left + far) / 2)\" y=\"\(Self.height - 8)\""
    return svg + " text-anchor=\"middle\">\(xName)</text>"
  }

  private func draw(
    _ line: Series, _ x: (Double) -> Double, _ y: (Double) -> Double
  ) -> String {
    let sorted = line.points.sorted { $0.x < $1.x }
    let places = sorted.map { (x($0.x), y($0.value)) }
    let path = places.map { "\(Numeral.fixed($0.0, 1)) \(Numeral.fixed($0.1, 1))" }
    let dashes = line.style.isDashed ? " class=\"l d\"" : " class=\"l\""
    var svg = "<g class=\"s \(line.style.name)\">"
    if path.count > 1 { svg += "<path\(dashes) d=\"M\(path.joined(separator: "L"))\"/>" }
    for (point, place) in zip(sorted, places) {
      if let low = point.low, let high = point.high, high > low {
        let from = Numeral.fixed(y(low), 1)
        svg +=
          "<path class=\"w\" d=\"M\(Numeral.fixed(place.0, 1)) \(from)V\(Numeral.fixed(y(high), 1))\"/>"
      }
      let value = "\(label(point.value)) \(unit)"
      svg += "<g>\(line.style.markSVG(place.0, place.1))<title>\(line.name), "
      svg += "\(xLabel(point.x)) \(xName): \(value)</title></g>"
    }
    return svg + "</g>"
  }
}
