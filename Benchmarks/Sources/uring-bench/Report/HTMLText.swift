// SPDX-License-Identifier: Apache-2.0

/// Pieces of HTML that pages share.
enum HTMLText {
  /// Text that is not to be read as markup.
  static func escape(_ text: String) -> String {
    var escaped = ""
    for character in text {
      switch character {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      default: escaped.append(character)
      }
    }
    return escaped
  }

  /// The key of a series in a legend or a table.
  static func key(_ style: SeriesStyle) -> String {
    "<svg viewBox=\"0 0 34 14\" class=\"s \(style.name)\" aria-hidden=\"true\">\(style.keySVG)</svg>"
  }

  /// What went wrong; nothing where nothing did.
  static func errors(_ texts: [String]) -> String {
    guard !texts.isEmpty else { return "" }
    let items = texts.map { "<li>\(escape($0))</li>" }
    return "<h2>Errors</h2><ul class=\"failures\">\(items.joined())</ul>"
  }

  /// Where and when the numbers of a page were taken.
  static func facts(_ machine: Machine) -> String {
    var place = "\(machine.date) · Linux \(machine.kernel) · \(machine.cpus) × \(machine.cpuModel)"
    place += " · \(Numeral.fixed(machine.memoryGiB, 1)) GiB"
    if let commit = machine.commit { place += " · commit \(commit)" }
    return place
  }

  /// Which CPUs were used.
  static func cpus(_ cpus: CPUPair?) -> String {
    guard let cpus else { return "server and load share one CPU" }
    return "server on CPU \(cpus.server), load on CPU \(cpus.load)"
  }
}
