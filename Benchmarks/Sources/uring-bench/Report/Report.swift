// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// A finished comparison: results.json, and the page made from the same values.
struct Report: Encodable {
  let machine: Machine
  let settings: CompareSettings
  let summaries: [Summary]
  let samples: [RunSample]

  /// Writes results.json and index.html into `folder`.
  func write(to folder: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let json = String(decoding: try encoder.encode(self), as: UTF8.self)
    try TextFile.write(json + "\n", to: folder + "/results.json")
    try TextFile.write(ReportPage(self).html, to: folder + "/index.html")
  }
}
