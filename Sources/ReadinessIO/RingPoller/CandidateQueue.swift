// SPDX-License-Identifier: Apache-2.0

/// Descriptors that may be ready, first come, first served.
///
/// Each descriptor is in it at most once, so it never holds more than there are registrations.
struct CandidateQueue {
  private var slots: [Int32] = []
  private var head = 0

  var isEmpty: Bool { head == slots.count }

  /// The oldest entry.
  var first: Int32? { head < slots.count ? slots[head] : nil }

  mutating func append(_ slot: Int32) {
    slots.append(slot)
  }

  /// Takes the oldest entry.
  ///
  /// - Complexity: O(1) amortised: what was taken is cut off once it is half of the storage.
  mutating func popFirst() -> Int32? {
    guard head < slots.count else { return nil }
    let slot = slots[head]
    head += 1
    if head == slots.count {
      slots.removeAll(keepingCapacity: true)
      head = 0
    } else if head >= 4096, head * 2 >= slots.count {
      slots.removeFirst(head)
      head = 0
    }
    return slot
  }
}
