// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Testing

@testable import uring_bench

@Suite("Figures")
struct FigureTests {
  @Test("latencies survive the way between processes")
  func latenciesTravel() throws {
    var record = LatencyRecord()
    for value in UInt64(1)...1000 { record.record(value * 1000) }
    let json = try JSONEncoder().encode(record)
    var merged = try JSONDecoder().decode(LatencyRecord.self, from: json)
    #expect(merged.microseconds(atPercentile: 50) == record.microseconds(atPercentile: 50))
    merged.add(record)
    #expect(merged.count == 2000)
    #expect(LatencyRecord().microseconds(atPercentile: 50) == nil)
  }

  @Test("a server's counters survive their line")
  func countersTravel() {
    var counters = EngineCounters(accepted: 1, messages: 2, bytes: 3, kernelCalls: nil)
    #expect(ServeLine.parseCounters(ServeLine.counters("ended", counters)) == counters)
    counters.kernelCalls = 4
    #expect(ServeLine.parseCounters(ServeLine.counters("counters", counters)) == counters)
    #expect(ServeLine.parseCounters("counters accepted=1") == nil)
    counters.acceptedByLoop = [3, 4]
    #expect(ServeLine.counters("ended", counters).hasSuffix(" accepted-by-loop=3,4"))
  }

  @Test("efficiency pairs runs of the same round")
  func efficiencyIsPaired() {
    func sample(_ engine: EngineName, _ round: Int, _ cost: Double) -> RunSample {
      var sample = RunSample(engine: engine, connections: 1, round: round)
      sample.serverMicrosecondsPerMessage = cost
      return sample
    }
    let base = [sample(.blockingThreads, 0, 4), sample(.blockingThreads, 1, 8)]
    let mine = [sample(.nio, 1, 4), sample(.nio, 0, 2), sample(.nio, 2, 9)]
    let summary = Summary(engine: .nio, connections: 1, samples: mine, base: base)
    #expect(summary.cpuEfficiencyAgainstBase?.low == 2)
    #expect(summary.cpuEfficiencyAgainstBase?.high == 2)
    #expect(summary.serverMicrosecondsPerMessage?.median == 4)
  }

  @Test("an even number of rounds has the mean of the middle two as median")
  func median() {
    #expect(Spread([4, 1, 3, 2])?.median == 2.5)
    #expect(Spread([]) == nil)
  }

  @Test(
    "a scale holds its values and labels between its ends",
    arguments: [[0.02, 2.0], [3.9, 4.1], [5, 1_000_000], [7], [0.97, 1.04]])
  func scales(values: [Double]) {
    for kind in [PlotScale.Kind.linear, .logarithmic] {
      let scale = PlotScale(kind: kind, values: values)
      for value in values + scale.ticks {
        #expect(scale.position(value) > -0.001 && scale.position(value) < 1.001)
      }
      #expect(scale.ticks.count >= 2)
    }
  }

  @Test("numbers read well")
  func numerals() {
    #expect(Numeral.grouped(1_234_567.4) == "1,234,567")
    #expect(Numeral.grouped(-0.2) == "0")
    #expect(Numeral.fixed(2.999, 2) == "3.00")
    #expect(Numeral.fixed(-0.05, 2) == "-0.05")
    #expect(Numeral.significant(nil) == "–")
  }
}

extension Spread: Equatable {
  static func == (left: Spread, right: Spread) -> Bool {
    left.median == right.median && left.low == right.low && left.high == right.high
  }
}
