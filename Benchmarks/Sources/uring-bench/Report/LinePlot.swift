/// A plot against the number of connections, as inline SVG.
struct LinePlot {
  struct Point {
    let connections: Int
    let value: Double
    /// The extremes over the rounds, drawn as a thin bar.
    var low: Double?
    var high: Double?
  }

  let title: String
  let unit: String
  let series: [(engine: EngineName, points: [Point])]
  let kind: PlotScale.Kind
  /// A value that must be on the scale, and whether a line is drawn through it.
  var including: Double?
  var drawsReference = false
  /// How values are written on the axis.
  let label: (Double) -> String

  private static let width = 560.0
  private static let height = 320.0
  private static let left = 62.0
  private static let right = 18.0
  private static let top = 14.0
  private static let bottom = 46.0

  /// The figure with its caption; nil when there is nothing to draw.
  var html: String? {
    let points = series.flatMap(\.points)
    guard !points.isEmpty else { return nil }
    let counts = Set(points.map { Double($0.connections) })
    let xScale = PlotScale(labelling: Array(counts))
    let values = points.flatMap { [$0.value, $0.low ?? $0.value, $0.high ?? $0.value] }
    let yScale = PlotScale(kind: kind, values: values, including: including)
    func x(_ count: Double) -> Double {
      let inner = Self.width - Self.left - Self.right - 36
      return Self.left + 18 + (counts.count == 1 ? 0.5 : xScale.position(count)) * inner
    }
    func y(_ value: Double) -> Double {
      Self.height - Self.bottom
        - yScale.position(value) * (Self.height - Self.top - Self.bottom)
    }
    var svg = axes(xScale, yScale, x, y)
    for (index, line) in series.enumerated() {
      // Engines stand a little apart sideways: close values would hide each other's marks.
      let shift = (Double(index) - Double(series.count - 1) / 2) * 4.5
      svg += Self.draw(line.engine, line.points, unit, label, { x($0) + shift }, y)
    }
    let size = "0 0 \(Int(Self.width)) \(Int(Self.height))"
    return """
      <figure><figcaption><b>\(title)</b> <span>\(unit)</span></figcaption>
      <svg viewBox="\(size)" role="img" aria-label="\(title) against connections">\(svg)</svg></figure>
      """
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
      svg += " text-anchor=\"middle\">\(Numeral.grouped(tick))</text>"
    }
    svg += "<text class=\"t\" x=\"\((Self.left + far) / 2)\" y=\"\(Self.height - 8)\""
    return svg + " text-anchor=\"middle\">connections</text>"
  }

  private static func draw(
    _ engine: EngineName, _ points: [Point], _ unit: String, _ label: (Double) -> String,
    _ x: (Double) -> Double, _ y: (Double) -> Double
  ) -> String {
    let style = EngineStyle(of: engine)
    let sorted = points.sorted { $0.connections < $1.connections }
    let places = sorted.map { (x(Double($0.connections)), y($0.value)) }
    let path = places.map { "\(Numeral.fixed($0.0, 1)) \(Numeral.fixed($0.1, 1))" }
    let dashes = style.isDashed ? " class=\"l d\"" : " class=\"l\""
    var svg = "<g class=\"s \(engine.rawValue)\">"
    if path.count > 1 { svg += "<path\(dashes) d=\"M\(path.joined(separator: "L"))\"/>" }
    for (point, place) in zip(sorted, places) {
      if let low = point.low, let high = point.high, high > low {
        let from = Numeral.fixed(y(low), 1)
        svg +=
          "<path class=\"w\" d=\"M\(Numeral.fixed(place.0, 1)) \(from)V\(Numeral.fixed(y(high), 1))\"/>"
      }
      let value = "\(label(point.value)) \(unit)"
      svg += "<g>\(style.markSVG(place.0, place.1))<title>\(engine.rawValue), "
      svg += "\(Numeral.grouped(Double(point.connections))) connections: \(value)</title></g>"
    }
    return svg + "</g>"
  }
}
