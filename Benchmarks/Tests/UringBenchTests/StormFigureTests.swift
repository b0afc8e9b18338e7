// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import uring_bench

@Suite("Figures of storms")
struct StormFigureTests {
  @Test("percentiles are those of the sorted latencies")
  func window() throws {
    let window = try #require(LatencyWindow((1...100).reversed().map { UInt32($0) }))
    #expect(window.count == 100)
    #expect(window.p50 == 51 && window.p99 == 100 && window.max == 100)
    #expect(LatencyWindow([]) == nil)
  }

  /// A message each 10 ms for three seconds; the storm is the second one.
  private static func latencies(slowUntil end: Int) -> StormLatencies {
    var result = SteadyResult()
    result.begin = 7_000_000_000
    for index in 0..<300 {
      result.dues.append(UInt32(index * 10_000))
      result.latencies.append(index >= 100 && index < end ? 50_000 : 100)
    }
    return StormLatencies(
      result,
      StormMoments(
        before: 7_000_000_000, begun: 8_000_000_000, ended: 9_000_000_000, after: 10_000_000_000))
  }

  @Test("messages belong to the window in which they were due")
  func windows() {
    let latencies = Self.latencies(slowUntil: 200)
    #expect(latencies.before?.count == 100 && latencies.before?.max == 100)
    #expect(latencies.during?.count == 100 && latencies.during?.p50 == 50_000)
    #expect(latencies.after?.max == 100)
    #expect(latencies.recoveryMilliseconds == 0)
    #expect(latencies.timeline.count == 30)
  }

  @Test("recovery is when the slowest are as before, or never")
  func recovery() {
    #expect(Self.latencies(slowUntil: 235).recoveryMilliseconds == 400)
    #expect(Self.latencies(slowUntil: 300).recoveryMilliseconds == nil)
  }

  @Test("a server may hold its pool and what the limits of a connection allow")
  func bound() {
    let idle = StormMemory.bound(before: 1000, peers: 0, bytes: 1)
    #expect(idle == 1000 + 128 * 65536)
    let small = StormMemory.bound(before: 1000, peers: 10, bytes: 100)
    #expect(small == idle + 10 * (8192 + 112))
    let large = StormMemory.bound(before: 1000, peers: 10, bytes: 1 << 30)
    #expect(large == idle + 10 * (8192 + 9 * ((1 << 16) + (1 << 14))))
  }

  @Test("slow readers are as many as there is memory for, at least one")
  func slowReaders() {
    #expect(StormMemory.slowReaderLimit(FreeMemory(available: 0, tcp: 0)) == 1)
    #expect(StormMemory.slowReaderLimit(FreeMemory(available: .max, tcp: 1 << 28)) == 2730)
    let each = 8192 + 9 * UInt64((1 << 16) + (1 << 14))
    #expect(StormMemory.slowReaderLimit(FreeMemory(available: 20 * each, tcp: .max)) == 10)
    #expect(FreeMemory.current().available > 1 << 20)
  }

  @Test("an outcome fails for either kind of peer, and without a result")
  func failure() {
    var outcome = StormOutcome(.nio, .drip, connections: 1)
    #expect(outcome.isFailure)
    outcome.take(StormResult())
    outcome.take(
      SteadyResult(), StormMoments(before: 0, begun: 1, ended: 2, after: 3))
    #expect(!outcome.isFailure)
    outcome.steadyUnansweredMessages = 1
    #expect(outcome.isFailure && outcome.lostBytes == 64)
    outcome.steadyUnansweredMessages = 0
    outcome.peers?.lostConnections = 1
    #expect(outcome.isFailure)
  }

  @Test("a table has a cell for each heading")
  func table() {
    let table = StormsTable([StormOutcome(.nio, .drip, connections: 1)])
    #expect(table.rows.map(\.count) == [StormsTable.headings.count])
    #expect(Set(table.text.map(\.count)).count == 1)
  }
}
