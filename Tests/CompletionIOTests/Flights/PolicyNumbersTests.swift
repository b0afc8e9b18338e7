// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import CompletionIO

/// The policies of flights, by number.
@Suite struct PolicyNumbersTests {
  @Test func aNumberStandsForItsPolicyWhileAFlightHasIt() {
    var table = PolicyNumbers()
    let policies: [ResubmissionPolicy] = [
      .completion, .nonblocking, .retry(limit: 3), .retry(limit: 4),
      .backoff(initial: .microseconds(3), limit: .seconds(9)),
    ]
    let numbers = policies.compactMap { table.retain($0) }
    #expect(Set(numbers).count == policies.count)
    #expect(numbers.map { table[$0] } == policies)
    let again = policies.compactMap { table.retain($0) }
    #expect(again == numbers)
    for number in numbers { table.release(number) }
    #expect(numbers.map { table[$0] } == policies)
  }

  @Test func numbersOfPoliciesThatNobodyHasAreGivenAgain() throws {
    var table = PolicyNumbers()
    let first = table.retain(.retry(limit: -1))
    let kept = try #require(first)
    for limit in 0..<200_000 {
      guard let number = table.retain(.retry(limit: limit)), number < 4,
        table[number] == .retry(limit: limit)
      else {
        Issue.record("another number, or another policy, for \(limit)")
        return
      }
      table.release(number)
    }
    #expect(table[kept] == .retry(limit: -1))
  }

  @Test func withoutANumberThereIsNoFlight() {
    var table = PolicyNumbers()
    var last: UInt16?
    for limit in 0..<(1 << 16) - 2 { last = table.retain(.retry(limit: limit)) }
    #expect(last == .max)
    let (refused, shared) = (table.retain(.retry(limit: -5)), table.retain(.retry(limit: 5)))
    #expect(refused == nil && shared != nil)
    let usual = table.retain(.completion)
    #expect(usual == 0)
    if let last { table.release(last) }
    let next = table.retain(.retry(limit: -5))
    #expect(next == last)
  }
}
