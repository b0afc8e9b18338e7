// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing

@testable import CompletionIO

@Suite struct VerdictTests {
  @Test func everyVerdictHasAKindOfItsOwn() {
    let verdicts: [Verdict] = [
      .surface, .surfaceAs(.canceled), .surfaceAndRearm, .resubmit, .sendRest,
      .pollFirst, .goOnWithRequest, .awaitWritability, .readPendingError,
      .awaitBuffer, .awaitDescriptor(atMost: .zero), .awaitNotification, .backOff(.zero),
      .dropCapability,
    ]
    #expect(verdicts.map(\.kind) == Verdict.Kind.allCases)
  }

  @Test func countersAreApart() {
    var statistics = LoopStatistics()
    for kind in Verdict.Kind.allCases {
      for _ in 0...kind.rawValue { statistics.verdicts[kind.rawValue] += 1 }
    }
    for kind in Verdict.Kind.allCases {
      #expect(statistics.count(of: kind) == UInt64(kind.rawValue + 1))
    }
  }

  @Test func onlyPoliciesThatDecideThemselvesAskNotToWait() {
    #expect(PolicyTable.policies.map(\.asksNotToWait) == [false, true, true, true])
  }
}
