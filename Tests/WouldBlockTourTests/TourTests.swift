// SPDX-License-Identifier: Apache-2.0

import Testing
import WouldBlockTour

@Suite("The would-block tour", .timeLimit(.minutes(3)))
struct TourTests {
  @Test("Every call does what the tour tells, on this kernel")
  func tellsTheTruth() async throws {
    var narration = Narration()
    try await Tour.run(telling: &narration)
    let expected = transcript.split(separator: "\n", omittingEmptySubsequences: false)
    for (line, expectedLine) in zip(narration.lines, expected) {
      #expect(line == expectedLine)
    }
    #expect(narration.lines.count == expected.count)
  }
}
