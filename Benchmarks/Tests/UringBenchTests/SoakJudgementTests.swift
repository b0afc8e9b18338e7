// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import uring_bench

@Suite("The judgement of a soak")
struct SoakJudgementTests {
  private static let growth = SoakGrowth(name: "memory", tolerance: 1000, drift: 100)

  @Test(
    "lets memory differ within the tolerance, step or not",
    arguments: [
      [], [500], [500, 1500], [500, 100], [500, 1500, 1500, 1500, 1500, 1500],
      // Used for the first time in the first third, then still.
      [0, 400, 800, 900, 900, 900, 900, 900, 900],
      // Up and down.
      [500, 900, 500, 900, 500, 900, 500, 900, 500],
      // A step, whenever it comes.
      [0, 0, 0, 0, 0, 0, 200, 200, 200], [0, 0, 0, 0, 0, 0, 0, 0, 200],
      // Up, but less than what may come of chance.
      [0, 10, 20, 30, 40, 50, 60, 70, 80],
    ] as [[UInt64]])
  func stays(points: [UInt64]) {
    #expect(Self.growth.fault(points) == nil)
  }

  @Test(
    "does not let it be above the tolerance, nor grow from point to point",
    arguments: [
      [500, 1501], [0, 0, 1001], [0, 50, 100, 150, 200, 250, 300, 350, 400],
      [0, 0, 0, 50, 0, 50, 200, 210, 300],
    ] as [[UInt64]])
  func grows(points: [UInt64]) {
    #expect(Self.growth.fault(points) != nil)
  }

  private static func point(_ change: (inout SoakHoldings, inout SoakCounts) -> Void) -> SoakPoint {
    var (holdings, counts) = (SoakHoldings(), SoakCounts())
    holdings.descriptors = 20
    change(&holdings, &counts)
    return SoakPoint(
      minutes: 1, counts: counts, holdings: holdings, pipeEnds: 3,
      memory: SoakMemory(residentBytes: 1 << 24, heapBytes: 1 << 20))
  }

  private static func faults(
    _ change: (inout SoakHoldings, inout SoakCounts) -> Void
  ) -> [String] {
    SoakJudgement(poolBytes: 0, pipeEndLimit: 3).faults([point { _, _ in }, point(change)])
  }

  @Test("finds whatever is left behind")
  func leftovers() {
    #expect(Self.faults { _, _ in } == [])
    #expect(
      Self.faults { holdings, _ in holdings.descriptors += 1 } == ["21 descriptors instead of 20"])
    #expect(Self.faults { holdings, _ in holdings.operations += 1 }.count == 1)
    #expect(Self.faults { holdings, _ in holdings.leasedBuffers += 1 }.count == 1)
    #expect(Self.faults { holdings, _ in holdings.timers += 1 }.count == 1)
    #expect(Self.faults { holdings, _ in holdings.acceptedConnections += 1 }.count == 1)
  }

  @Test("finds what the start has left already, and too many pipes")
  func unrest() {
    let restless = Self.point { holdings, _ in holdings.leasedBuffers = 1 }
    #expect(SoakJudgement(poolBytes: 0, pipeEndLimit: 3).faults([restless]).count == 1)
    #expect(
      SoakJudgement(poolBytes: 0, pipeEndLimit: 2).faults([Self.point { _, _ in }]).count == 1)
  }

  @Test("finds wrong bytes, unexpected errors, and more resets than peers have left")
  func errors() {
    #expect(Self.faults { _, counts in counts.wrongCount = 1 }.count == 1)
    #expect(Self.faults { _, counts in counts.unexpectedErrors["x"] = 2 }.count == 1)
    #expect(Self.faults { _, counts in counts.expectedErrors["x"] = 2 } == [])
    #expect(Self.faults { _, counts in (counts.breaks, counts.serverResets) = (1, 4) } == [])
    #expect(Self.faults { _, counts in (counts.breaks, counts.serverResets) = (1, 5) }.count == 1)
  }

  @Test("a page tells of the points and the faults")
  func page() {
    let settings = SoakSettings(minutes: 1, loops: 2, seed: 3)
    let point = Self.point { _, _ in }
    let good = SoakPage(SoakResult(settings: settings, points: [point], faults: []))
    #expect(good.markdown.contains("| 1.0 | 0 |"))
    #expect(good.markdown.contains("No byte was wrong"))
    let bad = SoakPage(SoakResult(settings: settings, points: [point], faults: ["a leak"]))
    #expect(bad.markdown.contains("- a leak"))
    #expect(point.line.hasPrefix("minute 1.00: 0 messages"))
  }
}
