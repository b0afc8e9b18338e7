// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// Finished measurements: scale.json, and the page and pictures made from the same values.
struct ScaleReport: Encodable {
  let machine: Machine
  let settings: ScaleSettings
  var samples: [ScaleSample]

  /// Writes all files into `folder`.
  func write(to folder: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let json = String(decoding: try encoder.encode(self), as: UTF8.self)
    try TextFile.write(json + "\n", to: folder + "/scale.json")
    try TextFile.write(ScalePage(self).html, to: folder + "/scale.html")
    for (name, sheet) in ScalePlots(self).pictures {
      guard let svg = sheet.svg else { continue }
      try TextFile.write(svg, to: "\(folder)/scale-\(name).svg")
    }
  }

  /// The servers' looks, in the order of the settings.
  var series: [(server: String, style: SeriesStyle)] {
    var foreignCount = 0
    return settings.servers.map { server in
      switch server {
      case .engine(let engine): return (server.name, SeriesStyle(of: engine))
      case .foreign:
        defer { foreignCount += 1 }
        return (server.name, SeriesStyle(foreign: foreignCount))
      }
    }
  }
}
