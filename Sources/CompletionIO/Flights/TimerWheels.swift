// SPDX-License-Identifier: Apache-2.0

/// Wheels of 64 slots each, one within the other: a slot holds the times that have the same six
/// bits, as a list, or as a wheel for the next six bits where it holds many.
///
/// It is the hierarchical timing wheel of Varghese and Lauck (1987, scheme 7) without a hand. The
/// wheels of Linux (`kernel/time/timer.c`), Tokio and Netty turn: their slots are relative to now,
/// so that times are rounded to a slot, or are moved from wheel to wheel at ticks that a loop has to
/// wake up for. Here a slot is a part of all time, and a finer wheel is made by the
/// ``splitCount``-th time that would share a list. So the earliest time is exact, times may come in
/// any order, and nothing happens while nothing is due.
@safe
struct TimerWheels: ~Copyable {
  private var entries = TimerEntries()
  private var memory = TimerWheelMemory()
  /// The outermost wheel; below 0 while there is none.
  private var outermost: Int32 = -1
  /// Where the six bits of the outermost wheel begin.
  private var outermostShift: UInt64 = 0
  /// A time within the outermost wheel.
  private var anyTime: UInt64 = 0

  private typealias Slot = TimerWheelMemory.Slot

  /// Times in a list that are not all equal are fewer than this.
  static var splitCount: Int { 17 }

  /// Where the bits of the first wheel begin: it is 73 minutes large.
  private static var firstShift: UInt64 { 36 }

  /// Whether a key has a time.
  @inline(__always)
  func isScheduled(_ reference: UInt32) -> Bool { entries.isScheduled(reference) }

  /// The time of a key that has one.
  @inline(__always)
  func time(of reference: UInt32) -> UInt64 { entries[reference].time }

  @inline(__always)
  private func slot(_ time: UInt64, in wheel: Int, _ shift: UInt64) -> UnsafeMutablePointer<Slot> {
    unsafe memory.slot(Int(truncatingIfNeeded: (time &>> shift) & 63), of: wheel)
  }

  @inline(__always)
  private func bit(_ time: UInt64, _ shift: UInt64) -> UInt64 { 1 &<< ((time &>> shift) & 63) }

  // MARK: Inserting

  /// Inserts a key that has no time, behind those of the same time.
  ///
  /// - Complexity: O(1): at most 11 wheels are looked at.
  mutating func insert(_ reference: UInt32, at time: UInt64) {
    entries.makeRoom(for: reference)
    entries[reference].time = time
    if outermost < 0 || !isWithinOutermost(time) { makeOutermost(for: time) }
    var (number, shift) = (Int(outermost), outermostShift)
    while true {
      let slot = unsafe slot(time, in: number, shift)
      let count = unsafe slot.pointee.count
      if count > 0 {
        if unsafe takes(slot.pointee, time) {
          unsafe entries.append(reference, toListOf: slot.pointee.first)
          unsafe slot.pointee.count = count + 1
          return
        }
        number = split(time, in: number, shift)
      } else if unsafe slot.pointee.first == TimerEntries.none {
        entries.startList(with: reference)
        unsafe slot.pointee = Slot(first: reference, count: 1)
        unsafe memory.wheel(number).pointee.occupied |= bit(time, shift)
        return
      } else {
        number = unsafe Int(slot.pointee.first)
      }
      shift &-= 6
    }
  }

  /// Whether the outermost wheel has a place for a time.
  @inline(__always)
  private func isWithinOutermost(_ time: UInt64) -> Bool {
    // A shift by 64 and more gives 0.
    (time ^ anyTime) >> (outermostShift + 6) == 0
  }

  /// Makes wheels around the outermost one until a time has a place.
  @inline(never)
  private mutating func makeOutermost(for time: UInt64) {
    if outermost < 0 {
      outermostShift = Self.firstShift
      outermost = Int32(memory.makeWheel(in: -1))
    }
    // An empty wheel can be any part of time.
    if unsafe memory.wheel(Int(outermost)).pointee.occupied == 0 {
      outermostShift = Self.firstShift
      anyTime = time
    }
    while !isWithinOutermost(time) {
      let inner = Int(outermost)
      let outer = memory.makeWheel(in: -1)
      outermostShift += 6
      unsafe memory.wheel(inner).pointee.outer = Int32(outer)
      unsafe slot(anyTime, in: outer, outermostShift).pointee = Slot(first: UInt32(inner))
      unsafe memory.wheel(outer).pointee.occupied = bit(anyTime, outermostShift)
      outermost = Int32(outer)
    }
  }

  /// Whether a list may take another time: it is short, or all of it is at that instant.
  @inline(__always)
  private func takes(_ slot: Slot, _ time: UInt64) -> Bool {
    if slot.count < Self.splitCount - 1 { return true }
    return takesMany(slot, time)
  }

  @inline(never)
  private func takesMany(_ slot: Slot, _ time: UInt64) -> Bool {
    guard entries[slot.first].time == time else { return false }
    if slot.count >= Self.splitCount { return true }
    var reference = entries[slot.first].next
    while reference != slot.first {
      guard entries[reference].time == time else { return false }
      reference = entries[reference].next
    }
    return true
  }

  /// Makes a wheel of the list that a time would be in, in the list's order.
  ///
  /// - Returns: The wheel.
  @inline(never)
  private mutating func split(_ time: UInt64, in number: Int, _ shift: UInt64) -> Int {
    let inner = memory.makeWheel(in: Int32(number))
    // Behind the allocation, which may move the slots.
    let place = unsafe slot(time, in: number, shift)
    let list = unsafe place.pointee
    unsafe place.pointee = Slot(first: UInt32(inner))
    let shift = shift - 6
    guard list.count < Self.splitCount else {
      // All at one instant.
      let time = self.time(of: list.first)
      unsafe slot(time, in: inner, shift).pointee = list
      unsafe memory.wheel(inner).pointee.occupied = bit(time, shift)
      return inner
    }
    var reference = list.first
    for _ in 0..<list.count {
      let next = entries[reference].next
      let time = self.time(of: reference)
      let slot = unsafe slot(time, in: inner, shift)
      if unsafe slot.pointee.count == 0 {
        entries.startList(with: reference)
        unsafe slot.pointee = Slot(first: reference, count: 1)
        unsafe memory.wheel(inner).pointee.occupied |= bit(time, shift)
      } else {
        unsafe entries.append(reference, toListOf: slot.pointee.first)
        unsafe slot.pointee.count += 1
      }
      reference = next
    }
    return inner
  }

  // MARK: Removing

  /// Removes a key that has a time.
  ///
  /// - Complexity: O(1): at most 11 wheels are looked at.
  mutating func remove(_ reference: UInt32) {
    let time = time(of: reference)
    var (number, shift) = (Int(outermost), outermostShift)
    var slot = unsafe slot(time, in: number, shift)
    while unsafe slot.pointee.count == 0 {
      number = unsafe Int(slot.pointee.first)
      shift &-= 6
      unsafe slot = unsafe self.slot(time, in: number, shift)
    }
    let next = entries.remove(reference)
    unsafe slot.pointee.count &-= 1
    if unsafe slot.pointee.first == reference { unsafe slot.pointee.first = next }
    if unsafe slot.pointee.count == 0 { vacate(time, in: number, shift) }
  }

  /// Takes note that the slot of a time is empty, and frees the wheels that are empty then.
  private mutating func vacate(_ time: UInt64, in number: Int, _ shift: UInt64) {
    var (number, shift) = (number, shift)
    while true {
      unsafe slot(time, in: number, shift).pointee = .empty
      unsafe memory.wheel(number).pointee.occupied &= ~bit(time, shift)
      guard unsafe memory.wheel(number).pointee.occupied == 0, number != Int(outermost) else {
        return
      }
      let outer = unsafe memory.wheel(number).pointee.outer
      memory.free(number)
      number = Int(outer)
      shift += 6
    }
  }

  // MARK: Finding

  /// The key whose time is earliest, and of several at one instant the one that was inserted first;
  /// there must be one.
  ///
  /// - Complexity: O(1): at most 11 wheels and ``splitCount`` times are looked at.
  func first() -> UInt32 {
    var number = Int(outermost)
    while true {
      let first = unsafe memory.wheel(number).pointee.occupied.trailingZeroBitCount
      let slot = unsafe memory.slot(first, of: number).pointee
      if slot.count > 0 { return self.first(in: slot) }
      number = Int(slot.first)
    }
  }

  private func first(in slot: Slot) -> UInt32 {
    var earliest = slot.first
    guard slot.count < Self.splitCount else { return earliest }
    var time = time(of: earliest)
    var reference = entries[earliest].next
    while reference != slot.first {
      let entry = entries[reference]
      if entry.time < time { (earliest, time) = (reference, entry.time) }
      reference = entry.next
    }
    return earliest
  }
}
