// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import ShadowsocksProtocol

@Suite("The replay filter", .timeLimit(.minutes(1)))
struct ReplayFilterTests {
  @Test("A salt is taken once")
  func once() {
    var filter = ReplayFilter(capacity: 10)
    let answers = [.counted, .counted, .numbered(1)].map { filter.admit($0) }
    #expect(answers == [true, false, true])
  }

  @Test("The last half is always known, and the memory is bounded", arguments: [2, 3, 10, 100])
  func bounded(capacity: Int) {
    var filter = ReplayFilter(capacity: capacity)
    for number in 0..<(5 * capacity) {
      let isNew = filter.admit(.numbered(number))
      #expect(isNew && filter.count <= capacity)
      let known = max(0, number - capacity / 2 + 1)...number
      let areNew = known.map { filter.admit(.numbered($0)) }
      #expect(!areNew.contains(true))
    }
    let isOldestForgotten = filter.admit(.numbered(0))
    #expect(isOldestForgotten)
  }
}
