// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import SimulatedKernel
import Workloads

/// What all episodes have seen.
struct Summary: CustomStringConvertible {
  private var faults = FaultCounts()
  private var verdicts: [Verdict.Kind: UInt64] = [:]
  private var endings: [String: Int] = [:]
  private var requestCount: UInt64 = 0
  private var stepCount = 0
  private var elapsed = Duration.zero

  mutating func add(_ episode: Episode) {
    faults.add(episode.report.faults)
    for statistics in episode.report.statistics {
      for kind in Verdict.Kind.allCases {
        verdicts[kind, default: 0] += statistics.count(of: kind)
      }
    }
    endings.merge(episode.ledger.endings, uniquingKeysWith: +)
    requestCount += episode.report.requestCount
    stepCount += episode.report.stepCount
    elapsed += episode.report.elapsed
  }

  var description: String {
    let verdictLines = Verdict.Kind.allCases.map { "\(verdicts[$0] ?? 0)  \($0)" }
    let endingLines = endings.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .map { "\($0.value)  \($0.key)" }
    return """
      \(requestCount) requests in \(stepCount) steps, \(elapsed.components.seconds) s of virtual time

      Faults injected: \(faults.total)
      \(faults)

      Verdicts
      \(verdictLines.joined(separator: "\n"))

      Failures that the programs were told of
      \(endingLines.joined(separator: "\n"))
      """
  }
}
