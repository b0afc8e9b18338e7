// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@Suite struct FirstDifferenceTests {
  struct Example: Sendable {
    let received: [UInt8]
    let expected: [UInt8]
    let place: Int?
  }

  @Test(arguments: [
    Example(received: [], expected: [], place: nil),
    Example(received: [1, 2, 3], expected: [1, 2, 3], place: nil),
    Example(received: [9], expected: [1], place: 0),
    Example(received: [1, 9, 9], expected: [1, 2, 3], place: 1),
    Example(received: [], expected: [1], place: 0),
    Example(received: [1], expected: [], place: 0),
    Example(received: [1, 2], expected: [1, 2, 3], place: 2),
    Example(received: [1, 2, 3], expected: [1, 2], place: 2),
  ])
  func tellsThePlace(example: Example) {
    let (received, expected) = (example.received, example.expected)
    #expect(firstDifference(received, expected) == example.place)
    #expect(firstDifference(received[...], expected[...]) == example.place)
    // Not in one piece of memory.
    #expect(firstDifference(received.lazy.map { $0 }, expected) == example.place)
    let wrong = WrongBytes(received: received, expected: expected)
    #expect((wrong == nil) == (example.place == nil))
  }

  @Test func ofManyBytes() {
    let expected = numbered(4 << 20)
    var received = expected
    #expect(firstDifference(received, expected) == nil)
    received[(4 << 20) - 1] ^= 1
    #expect(firstDifference(received, expected) == (4 << 20) - 1)
  }

  @Test func numberedBytesShowWhereTheyBelong() {
    let all = numbered(200_000)
    for start in [0, 1, 65_520, 65_521, 150_000] {
      #expect(firstDifference(numbered(50_000, from: start), all[start...].prefix(50_000)) == nil)
    }
    for shift in (0..<16).map({ 1 << $0 }) {
      #expect(firstDifference(numbered(70_000, from: shift), all.prefix(70_000)) != nil)
    }
  }
}
