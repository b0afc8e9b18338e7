// SPDX-License-Identifier: Apache-2.0

/// Wheels with 64 slots each, by number; those that are free are used again.
@safe
struct TimerWheelMemory: ~Copyable {
  private var wheels: UnsafeMutablePointer<Wheel>?
  private var slots: UnsafeMutablePointer<Slot>?
  private var count = 0
  private var capacity = 0
  /// The wheel that was freed last; below 0 for none.
  private var firstFree: Int32 = -1

  struct Wheel {
    /// Slots that hold something, by bit.
    var occupied: UInt64 = 0
    /// The wheel that this one is in, or the next free one; below 0 for none.
    var outer: Int32
  }

  /// A part of a wheel's time.
  struct Slot {
    /// The first entry of a list, or a wheel, or nothing.
    var first = TimerEntries.none
    /// Entries of the list; 0 for a wheel, and for nothing.
    var count: UInt32 = 0

    static var empty: Self { Self() }
  }

  deinit {
    unsafe wheels?.deallocate()
    unsafe slots?.deallocate()
  }

  @inline(__always)
  func wheel(_ number: Int) -> UnsafeMutablePointer<Wheel> {
    unsafe wheels.unsafelyUnwrapped + number
  }

  @inline(__always)
  func slot(_ index: Int, of wheel: Int) -> UnsafeMutablePointer<Slot> {
    unsafe slots.unsafelyUnwrapped + (wheel &* 64 &+ index)
  }

  /// Makes an empty wheel; pointers to others are not valid any more.
  mutating func makeWheel(in outer: Int32) -> Int {
    let number: Int
    if firstFree >= 0 {
      number = Int(firstFree)
      firstFree = unsafe wheel(number).pointee.outer
    } else {
      if count == capacity { grow() }
      number = count
      count += 1
      unsafe slot(0, of: number).initialize(repeating: .empty, count: 64)
    }
    unsafe wheel(number).initialize(to: Wheel(outer: outer))
    return number
  }

  /// Frees a wheel whose slots are empty.
  mutating func free(_ number: Int) {
    unsafe wheel(number).pointee.outer = firstFree
    firstFree = Int32(number)
  }

  private mutating func grow() {
    let larger = max(4, capacity * 2)
    let newWheels = UnsafeMutablePointer<Wheel>.allocate(capacity: larger)
    let newSlots = UnsafeMutablePointer<Slot>.allocate(capacity: larger * 64)
    if let wheels = unsafe wheels, let slots = unsafe slots {
      unsafe newWheels.moveInitialize(from: wheels, count: count)
      unsafe newSlots.moveInitialize(from: slots, count: count * 64)
      unsafe wheels.deallocate()
      unsafe slots.deallocate()
    }
    unsafe wheels = newWheels
    unsafe slots = newSlots
    capacity = larger
  }
}
