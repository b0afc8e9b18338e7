/// When which flight is to be looked at: a binary heap with one entry a flight.
///
/// One wait timeout serves all entries, so timers cost no requests: a removal from the kernel's
/// own timer list is a linear walk (io_timeout_extract).
@safe
struct TimerQueue: ~Copyable {
  private struct Entry {
    var time: UInt64
    var slot: UInt32
  }

  private var heap: [Entry] = []
  /// Where a flight's entry is in the heap, plus one; 0 for none.
  private let positions: UnsafeMutablePointer<UInt32>

  /// - Parameter capacity: Slots are below this.
  init(capacity: Int) {
    unsafe positions = .allocate(capacity: capacity)
    unsafe positions.initialize(repeating: 0, count: capacity)
  }

  deinit {
    unsafe positions.deallocate()
  }

  var count: Int { heap.count }

  /// The earliest time, in nanoseconds of the loop's clock.
  var nextTime: UInt64? { heap.first?.time }

  /// Sets or moves a flight's time.
  ///
  /// - Complexity: O(log n)
  mutating func schedule(_ slot: Int, at time: UInt64) {
    let position = Int(unsafe positions[slot])
    if position == 0 {
      heap.append(Entry(time: time, slot: UInt32(slot)))
      siftUp(heap.count - 1)
    } else {
      let earlier = time < heap[position - 1].time
      heap[position - 1].time = time
      if earlier { siftUp(position - 1) } else { siftDown(position - 1) }
    }
  }

  /// Forgets a flight's time, if it has one.
  ///
  /// - Complexity: O(log n)
  mutating func remove(_ slot: Int) {
    let position = Int(unsafe positions[slot])
    guard position > 0 else { return }
    unsafe positions[slot] = 0
    let last = heap.removeLast()
    guard position - 1 < heap.count else { return }
    place(last, at: position - 1)
    siftUp(position - 1)
    siftDown(Int(unsafe positions[Int(last.slot)]) - 1)
  }

  /// Takes out a flight whose time has come.
  ///
  /// - Complexity: O(log n)
  mutating func popDue(at now: UInt64) -> Int? {
    guard let first = heap.first, first.time <= now else { return nil }
    remove(Int(first.slot))
    return Int(first.slot)
  }

  private mutating func place(_ entry: Entry, at index: Int) {
    heap[index] = entry
    unsafe positions[Int(entry.slot)] = UInt32(index + 1)
  }

  private mutating func siftUp(_ start: Int) {
    var index = start
    let entry = heap[index]
    while index > 0, entry.time < heap[(index - 1) / 2].time {
      place(heap[(index - 1) / 2], at: index)
      index = (index - 1) / 2
    }
    place(entry, at: index)
  }

  private mutating func siftDown(_ start: Int) {
    var index = start
    let entry = heap[index]
    while true {
      var child = 2 * index + 1
      guard child < heap.count else { break }
      if child + 1 < heap.count, heap[child + 1].time < heap[child].time { child += 1 }
      guard heap[child].time < entry.time else { break }
      place(heap[child], at: index)
      index = child
    }
    place(entry, at: index)
  }
}
