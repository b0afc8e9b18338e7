// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import uring_bench

@Suite("The content that connections send")
struct ContentTableTests {
  @Test("repeats after a prime number of bytes")
  func primePeriod() {
    let period = ContentTable.period
    #expect(!(2...256).contains { period % $0 == 0 })
    #expect(period < 257 * 257)
  }

  @Test("begins at a different place for each of as many connections as there are places")
  func distinctStarts() {
    let starts = Set((0..<ContentTable.period).map { ContentTable.start(of: $0) })
    #expect(starts.count == ContentTable.period)
  }

  @Test("can be read across its end")
  func continuesAcrossTheEnd() {
    let table = ContentTable()
    let byte = unsafe table.from(0).load(as: UInt8.self)
    let wrapped = unsafe table.from(ContentTable.period).load(as: UInt8.self)
    #expect(byte == wrapped)
    #expect(ContentTable.advance(ContentTable.period - 1, by: 1) == 0)
    #expect(
      ContentTable.advance(5, by: ContentTable.span) == (5 + ContentTable.span)
        % ContentTable.period)
  }
}
