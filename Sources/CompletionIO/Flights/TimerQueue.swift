/// Times at which flights and waits are looked at: a binary heap with one entry for each.
///
/// One wait timeout serves all entries, so timers cost no requests: a removal from the kernel's
/// own timer list is a linear walk (io_timeout_extract).
struct TimerQueue: ~Copyable {
  private struct Entry {
    var time: UInt64
    var key: UInt32
  }

  private var heap: [Entry] = []
  /// Where the entry of a key is in the heap, plus one; 0 for none.
  private var positions: [UInt32] = []
  /// Flights are identified by numbers below this, waits by numbers from this on.
  private let flightLimit: Int

  /// What a time belongs to.
  enum Key: Hashable {
    /// A flight, by its slot.
    case flight(Int)
    /// A wait, by its slot.
    case wait(Int)
  }

  /// - Parameter flightLimit: Slots of flights are below this.
  init(flightLimit: Int) {
    self.flightLimit = flightLimit
  }

  var count: Int { heap.count }

  /// The earliest time, in nanoseconds of the loop's clock.
  var nextTime: UInt64? { heap.first?.time }

  private func number(of key: Key) -> Int {
    switch key {
    case .flight(let slot): slot
    case .wait(let slot): flightLimit + slot
    }
  }

  private func key(of number: Int) -> Key {
    number < flightLimit ? .flight(number) : .wait(number - flightLimit)
  }

  /// Sets or moves the time of a flight.
  ///
  /// - Complexity: O(log n)
  mutating func schedule(_ slot: Int, at time: UInt64) {
    schedule(.flight(slot), at: time)
  }

  /// Sets or moves a time.
  ///
  /// - Complexity: O(log n)
  mutating func schedule(_ key: Key, at time: UInt64) {
    let number = number(of: key)
    while positions.count <= number {
      positions.append(contentsOf: repeatElement(0, count: max(1024, positions.count)))
    }
    let position = Int(positions[number])
    if position == 0 {
      heap.append(Entry(time: time, key: UInt32(number)))
      siftUp(heap.count - 1)
    } else {
      let earlier = time < heap[position - 1].time
      heap[position - 1].time = time
      if earlier { siftUp(position - 1) } else { siftDown(position - 1) }
    }
  }

  /// Forgets the time of a flight, if it has one.
  ///
  /// - Complexity: O(log n)
  mutating func remove(_ slot: Int) {
    remove(.flight(slot))
  }

  /// Forgets a time, if there is one.
  ///
  /// - Complexity: O(log n)
  mutating func remove(_ key: Key) {
    let number = number(of: key)
    guard number < positions.count, positions[number] > 0 else { return }
    let position = Int(positions[number])
    positions[number] = 0
    let last = heap.removeLast()
    guard position - 1 < heap.count else { return }
    place(last, at: position - 1)
    siftUp(position - 1)
    siftDown(Int(positions[Int(last.key)]) - 1)
  }

  /// Removes the earliest entry whose time has come.
  ///
  /// - Complexity: O(log n)
  mutating func popDue(at now: UInt64) -> Key? {
    guard let first = heap.first, first.time <= now else { return nil }
    let key = key(of: Int(first.key))
    remove(key)
    return key
  }

  private mutating func place(_ entry: Entry, at index: Int) {
    heap[index] = entry
    positions[Int(entry.key)] = UInt32(index + 1)
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
