// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// Finished storms: storms.json, and the page made from the same values.
struct StormsReport: Encodable {
  let machine: Machine
  let settings: StormsSettings
  let outcomes: [StormOutcome]

  /// Writes storms.json and storms.html into `folder`.
  func write(to folder: String) throws {
    try TextFile.makeDirectory(folder)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let json = String(decoding: try encoder.encode(self), as: UTF8.self)
    try TextFile.write(json + "\n", to: folder + "/storms.json")
    try TextFile.write(StormsPage(self).html, to: folder + "/storms.html")
  }
}
