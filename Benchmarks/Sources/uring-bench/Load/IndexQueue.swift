// SPDX-License-Identifier: Apache-2.0

/// Numbers of connections in line: first in, first out.
struct IndexQueue {
  private var places: [Int32]
  private var head = 0
  private(set) var count = 0

  /// - Parameter capacity: Most numbers at a time.
  init(capacity: Int) { places = [Int32](repeating: 0, count: capacity) }

  var capacity: Int { places.count }

  /// Puts a number at the end; there must be room.
  mutating func append(_ index: Int) {
    precondition(count < places.count, "\(places.count) connections are in line already")
    let tail = head + count
    places[tail < places.count ? tail : tail - places.count] = Int32(index)
    count += 1
  }

  /// Takes the number that has waited longest; nil when there is none.
  mutating func popFirst() -> Int? {
    guard count > 0 else { return nil }
    let index = Int(places[head])
    head = head + 1 == places.count ? 0 : head + 1
    count -= 1
    return index
  }
}
