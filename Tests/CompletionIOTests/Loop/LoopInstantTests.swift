// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import CompletionIO

@Suite struct LoopInstantTests {
  @Test func instantsAreMovedAndCompared() {
    let instant = LoopInstant(nanoseconds: 1_000_000_000)
    #expect(instant + .milliseconds(5) == LoopInstant(nanoseconds: 1_005_000_000))
    #expect(instant + .milliseconds(-5) == LoopInstant(nanoseconds: 995_000_000))
    #expect(instant < instant + .nanoseconds(1))
    #expect(instant.duration(to: instant + .seconds(7)) == .seconds(7))
    #expect((instant + .seconds(7)).duration(to: instant) == .seconds(-7))
  }

  @Test func theEndsOfTheClockAreNotPassed() {
    let instant = LoopInstant(nanoseconds: 5)
    #expect(instant + .seconds(-1) == LoopInstant(nanoseconds: 0))
    var late = instant
    for _ in 0..<3 { late = late + .seconds(Int64.max) }
    #expect(late == LoopInstant(nanoseconds: .max - 1))
    #expect(instant.duration(to: late) == .nanoseconds(Int64.max))
    #expect(late.duration(to: instant) == .nanoseconds(-Int64.max))
  }

  @Test func allLoopsHaveOneClock() throws {
    let loops = [
      try CompletionLoop(configuration: .init()), try CompletionLoop(configuration: .init()),
    ]
    let instants = [loops[0].now, loops[1].now, loops[0].now]
    #expect(instants == instants.sorted() && instants[0].nanoseconds > 0)
  }
}
