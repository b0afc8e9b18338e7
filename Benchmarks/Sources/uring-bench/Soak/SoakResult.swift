// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// What a soak came to.
struct SoakResult: Encodable, Sendable {
  let settings: SoakSettings
  /// The start first.
  let points: [SoakPoint]
  /// What must not be, in words; of the last point.
  let faults: [String]
  private(set) var machine: Machine?

  init(settings: SoakSettings, points: [SoakPoint], faults: [String]) {
    self.settings = settings
    self.points = points
    self.faults = faults
  }

  /// Writes soak.json and soak.md into `folder`.
  mutating func write(to folder: String) throws {
    machine = .describe()
    try TextFile.makeDirectory(folder)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let json = String(decoding: try encoder.encode(self), as: UTF8.self)
    try TextFile.write(json + "\n", to: folder + "/soak.json")
    try TextFile.write(SoakPage(self).markdown, to: folder + "/soak.md")
  }
}
