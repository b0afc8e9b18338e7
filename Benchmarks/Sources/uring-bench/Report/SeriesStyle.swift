// SPDX-License-Identifier: Apache-2.0

/// How a server looks on the page: a hue for the model, and a mark and a lightness of its own, so
/// that no two need colour vision to be told apart.
struct SeriesStyle {
  enum Mark { case circle, square, triangle, diamond, cross, ring }

  /// Its class in style sheets.
  let name: String
  /// Colours on a light and on a dark page.
  let light: String
  let dark: String
  let mark: Mark
  let isDashed: Bool

  init(of engine: EngineName) {
    let name = engine.rawValue
    switch engine {
    case .completionHandler: self.init(name, "#005a9e", "#4aa3f0", .circle)
    case .completionAsync: self.init(name, "#3a9ad9", "#9ad1f9", .ring)
    case .completionHandlerReadiness:
      self.init(name, "#6a3d9a", "#b28ae0", .circle, dashed: true)
    case .completionAsyncReadiness: self.init(name, "#9a6fc0", "#d5bdf0", .ring, dashed: true)
    case .readinessEpoll: self.init(name, "#c04a00", "#f07f3c", .triangle)
    case .readinessRing: self.init(name, "#d99400", "#f7c95c", .diamond)
    case .nio: self.init(name, "#00856a", "#35c9a0", .square, dashed: true)
    case .nioUring: self.init(name, "#005c4b", "#7ae0c3", .square)
    case .blockingThreads: self.init(name, "#4a4a4a", "#c9c9c9", .cross, dashed: true)
    }
  }

  /// The look of the server at `index` among those that are no engines.
  init(foreign index: Int) {
    let looks: [(String, String, Mark)] = [
      ("#4a4a4a", "#c9c9c9", .square), ("#8a1c4a", "#f08ab4", .diamond),
      ("#5b6b00", "#c3d65a", .triangle), ("#7a4a20", "#d9aa7c", .cross),
    ]
    let (light, dark, mark) = looks[index % looks.count]
    self.init("foreign-\(index)", light, dark, mark, dashed: true)
  }

  private init(_ name: String, _ light: String, _ dark: String, _ mark: Mark, dashed: Bool = false)
  {
    self.name = name
    self.light = light
    self.dark = dark
    self.mark = mark
    isDashed = dashed
  }

  /// A piece of the line with its mark, 34 by 14, as the content of an SVG element.
  var keySVG: String {
    "<path class=\"l\(isDashed ? " d" : "")\" d=\"M1 7H33\"/>\(markSVG(17, 7))"
  }

  /// The mark as SVG, centred on a point; its colour is the surrounding group's.
  func markSVG(_ x: Double, _ y: Double) -> String {
    func at(_ dx: Double, _ dy: Double) -> String {
      "\(Numeral.fixed(x + dx, 1)) \(Numeral.fixed(y + dy, 1))"
    }
    let centre = "cx=\"\(Numeral.fixed(x, 1))\" cy=\"\(Numeral.fixed(y, 1))\""
    switch mark {
    case .circle: return "<circle class=\"m\" \(centre) r=\"4.6\"/>"
    case .ring: return "<circle class=\"m o\" \(centre) r=\"4.2\"/>"
    case .square:
      return "<path class=\"m\" d=\"M\(at(-4, -4))L\(at(4, -4))L\(at(4, 4))L\(at(-4, 4))Z\"/>"
    case .triangle:
      return "<path class=\"m\" d=\"M\(at(0, -5.4))L\(at(5, 3.8))L\(at(-5, 3.8))Z\"/>"
    case .diamond:
      return "<path class=\"m\" d=\"M\(at(0, -5.6))L\(at(5.6, 0))L\(at(0, 5.6))L\(at(-5.6, 0))Z\"/>"
    case .cross:
      return "<path class=\"x\" d=\"M\(at(-4, -4))L\(at(4, 4))M\(at(-4, 4))L\(at(4, -4))\"/>"
    }
  }
}
