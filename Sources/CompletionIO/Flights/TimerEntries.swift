// SPDX-License-Identifier: Apache-2.0

/// The time of each key, and its neighbours in the list that it is in.
///
/// Flights and waits are apart, so that each takes memory only up to the highest slot that ever
/// had a time.
@safe
struct TimerEntries: ~Copyable {
  private var flights = Table()
  private var waits = Table()

  /// Memory that grows to the highest slot that is used.
  @safe
  private struct Table {
    var entries: UnsafeMutablePointer<Entry>?
    var count = 0
  }

  deinit {
    unsafe flights.entries?.deallocate()
    unsafe waits.entries?.deallocate()
  }

  /// A time in a circular list.
  struct Entry {
    var time: UInt64
    /// The next one in the list; ``none`` while the key has no time.
    var next: UInt32
    var previous: UInt32
  }

  /// Refers to no entry.
  static var none: UInt32 { .max }

  /// Says where a key's entry is.
  static func reference(to key: TimerQueue.Key) -> UInt32 {
    switch key {
    case .flight(let slot): UInt32(slot) << 1
    case .wait(let slot): UInt32(slot) << 1 | 1
    }
  }

  /// Says whose entry one is.
  static func key(of reference: UInt32) -> TimerQueue.Key {
    let slot = Int(reference >> 1)
    return reference & 1 == 0 ? .flight(slot) : .wait(slot)
  }

  subscript(reference: UInt32) -> Entry {
    @inline(__always) unsafeAddress { unsafe UnsafePointer(address(reference)) }
    @inline(__always) unsafeMutableAddress { unsafe address(reference) }
  }

  @inline(__always)
  private func address(_ reference: UInt32) -> UnsafeMutablePointer<Entry> {
    let entries = unsafe reference & 1 == 0 ? flights.entries : waits.entries
    return unsafe entries.unsafelyUnwrapped + Int(reference >> 1)
  }

  /// Whether a key has a time.
  @inline(__always)
  func isScheduled(_ reference: UInt32) -> Bool {
    let count = reference & 1 == 0 ? flights.count : waits.count
    return Int(reference >> 1) < count && self[reference].next != Self.none
  }

  /// Makes an entry usable.
  @inline(__always)
  mutating func makeRoom(for reference: UInt32) {
    let slot = Int(reference >> 1)
    if reference & 1 == 0 {
      if slot >= flights.count { Self.grow(&flights, to: slot) }
    } else if slot >= waits.count {
      Self.grow(&waits, to: slot)
    }
  }

  @inline(never)
  private static func grow(_ table: inout Table, to slot: Int) {
    let count = max(slot + 1, max(64, table.count * 2))
    let larger = UnsafeMutablePointer<Entry>.allocate(capacity: count)
    if let entries = unsafe table.entries {
      unsafe larger.moveInitialize(from: entries, count: table.count)
      unsafe entries.deallocate()
    }
    let unused = Entry(time: 0, next: none, previous: none)
    unsafe (larger + table.count).initialize(repeating: unused, count: count - table.count)
    unsafe table.entries = larger
    table.count = count
  }

  // MARK: Lists

  /// Makes an entry a list of its own.
  mutating func startList(with reference: UInt32) {
    self[reference].next = reference
    self[reference].previous = reference
  }

  /// Puts an entry last in a list.
  mutating func append(_ reference: UInt32, toListOf first: UInt32) {
    let last = self[first].previous
    self[reference].previous = last
    self[reference].next = first
    self[last].next = reference
    self[first].previous = reference
  }

  /// Takes an entry out of its list.
  ///
  /// - Returns: The entry behind it, or the entry itself where it was the only one.
  mutating func remove(_ reference: UInt32) -> UInt32 {
    let (next, previous) = (self[reference].next, self[reference].previous)
    self[previous].next = next
    self[next].previous = previous
    self[reference].next = Self.none
    return next
  }
}
