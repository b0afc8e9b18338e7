// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import TestSupport
import Testing

@testable import CompletionIO

/// What comes of requests that nobody waits for.
@Suite struct ControlVerdictTests {
  private static func missed(
    _ error: Errno, _ phase: Answer.Phase, _ facts: Answer.Facts
  ) -> ControlVerdict {
    ControlVerdict(
      for: ControlAnswer(
        kind: .cancel(of: ControlAnswer.Target(phase: phase, facts: facts)),
        result: -error.rawValue))
  }

  @Test(arguments: [Errno.noSuchFileOrDirectory, .alreadyInProcess], Answer.Phase.allCases)
  func aCancelThatMissedIsRepeatedWhileItsTargetIsWithTheKernel(
    _ error: Errno, _ phase: Answer.Phase
  ) {
    #expect(Self.missed(error, phase, []) == .ignore)
    #expect(Self.missed(error, phase, .triedOnce) == .cancelAgain)
    let repeated: ControlVerdict = phase == .notification ? .ignore : .cancelAgainAfterPause
    #expect(Self.missed(error, phase, .cancelRequested) == repeated)
    #expect(Self.missed(error, phase, [.cancelRequested, .triedOnce]) == repeated)
    let gone = ControlAnswer(kind: .cancel(of: nil), result: -error.rawValue)
    #expect(ControlVerdict(for: gone) == .ignore)
  }

  @Test(arguments: PolicyTable.rows)
  func anyOtherErrorIsAFailure(_ row: PolicyTable.Row) {
    let result = -row.error.rawValue
    #expect(ControlVerdict(for: ControlAnswer(kind: .other, result: result)) == .countFailure)
    guard row.error != .alreadyInProcess else { return }
    for target in [nil, ControlAnswer.Target(phase: .request, facts: .cancelRequested)] {
      let answer = ControlAnswer(kind: .cancel(of: target), result: result)
      #expect(ControlVerdict(for: answer) == .countFailure)
    }
  }

  @Test func whatGoesWellIsIgnored() {
    for result: Int32 in [0, 1, .max] {
      let target = ControlAnswer.Target(phase: .request, facts: .cancelRequested)
      for kind in [ControlAnswer.Kind.other, .cancel(of: nil), .cancel(of: target)] {
        #expect(ControlVerdict(for: ControlAnswer(kind: kind, result: result)) == .ignore)
      }
    }
  }

  @Test(
    arguments: [
      (0, 8..<8), (4, 8..<8), (100, 8..<8), (3, 7..<8), (1, 5..<8), (-12, 4..<8), (-22, 4..<8),
    ] as [(Int32, Range<UInt16>)])
  func buffersThatWereNotTakenAreOfferedAgain(_ result: Int32, _ refused: Range<UInt16>) {
    let answer = ControlAnswer(kind: .provision(of: 4..<8), result: result)
    #expect(ControlVerdict(for: answer) == .offerAgain(refused))
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func noResultTraps(_ seed: UInt64) {
    var numbers = SeededNumbers(seed: seed)
    let target = ControlAnswer.Target(phase: .request, facts: .cancelRequested)
    let kinds: [ControlAnswer.Kind] = [
      .other, .cancel(of: nil), .cancel(of: target), .provision(of: 0..<9), .provision(of: 3..<3),
    ]
    let random = (0..<2000).map { _ in Int32(truncatingIfNeeded: numbers.next()) }
    for result in [.min, .max] + Array(-200...200) + random {
      for kind in kinds {
        let answer = ControlAnswer(kind: kind, result: result)
        let verdict = ControlVerdict(for: answer)
        if case .offerAgain(let refused) = verdict {
          #expect(refused.upperBound == 9 || refused.isEmpty)
        }
      }
    }
  }
}
