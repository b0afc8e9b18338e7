// SPDX-License-Identifier: Apache-2.0

import CProbes
import CompletionIO

/// Everything countable that a loop's thread has done so far.
struct Reading: Sendable {
  var statistics: LoopStatistics
  var allocations: UInt64
  var references: UInt64
  var instructions: UInt64

  /// Reads the counts; on the loop's thread.
  init(of loop: CompletionLoop) {
    statistics = loop.statistics
    allocations = cprobes_allocations()
    references = cprobes_references()
    instructions = cprobes_instructions()
  }

  /// Verdicts after which a request was submitted once more.
  var resubmissions: UInt64 {
    Verdict.Kind.allCases
      .filter { $0 != .surface && $0 != .surfaceAndRearm }
      .reduce(0) { $0 + statistics.count(of: $1) }
  }

  /// How much of everything was done from one reading to a later one.
  static func difference(from start: Reading, to end: Reading) -> [Measure: Double] {
    func since(_ count: (Reading) -> UInt64) -> Double { Double(count(end) - count(start)) }
    return [
      .allocations: since(\.allocations),
      .references: since(\.references),
      .instructions: since(\.instructions),
      .enters: since(\.statistics.enters),
      .completions: since(\.statistics.completions),
      .submissions: since(\.statistics.submissions),
      .resubmissions: since(\.resubmissions),
    ]
  }
}
