/// A first-in first-out line of flights with a fixed number of places.
///
/// A flight stands in a line at most once, so a line as long as the flight table is never full.
@safe
struct SlotQueue: ~Copyable {
  private let places: UnsafeMutablePointer<UInt32>
  private let mask: Int
  private var head = 0
  private(set) var count = 0

  init(capacity: Int) {
    var size = 1
    while size < capacity { size *= 2 }
    mask = size - 1
    unsafe places = .allocate(capacity: size)
  }

  deinit {
    unsafe places.deallocate()
  }

  var isEmpty: Bool { count == 0 }

  mutating func append(_ slot: Int) {
    precondition(count <= mask, "\(count) flights in line")
    unsafe places[(head + count) & mask] = UInt32(slot)
    count += 1
  }

  /// The first in line, who stays there.
  var first: Int? {
    count > 0 ? Int(unsafe places[head & mask]) : nil
  }

  mutating func removeFirst() -> Int {
    precondition(count > 0, "nobody in line")
    let slot = Int(unsafe places[head & mask])
    head = (head + 1) & mask
    count -= 1
    return slot
  }

  /// Takes one out of the middle.
  ///
  /// - Complexity: O(n)
  mutating func remove(_ slot: Int) {
    var kept = 0
    for position in 0..<count {
      let entry = unsafe places[(head + position) & mask]
      guard entry != UInt32(slot) else { continue }
      unsafe places[(head + kept) & mask] = entry
      kept += 1
    }
    count = kept
  }
}
