// SPDX-License-Identifier: Apache-2.0

/// Times at which flights and waits are looked at, with one entry for each.
///
/// One wait timeout serves all entries, so timers cost no requests: a removal from the kernel's
/// own timer list is a linear walk (io_timeout_extract). Times are exact: a key comes out at the
/// first look at the clock that is not before its time, in the order of times, and at one instant
/// in the order in which they were set.
struct TimerQueue: ~Copyable {
  private var wheels = TimerWheels()
  /// Keys that have a time.
  private(set) var count = 0
  /// No time is before this; while `isExact`, it is the earliest.
  private var bound: UInt64 = 0
  /// Whether no time that was at `bound` has been removed since that was the earliest.
  private var isExact = false

  /// What a time belongs to.
  enum Key: Hashable {
    /// A flight, by its slot.
    case flight(Int)
    /// A wait, by its slot.
    case wait(Int)
  }

  /// The earliest time, in nanoseconds of the loop's clock.
  var nextTime: UInt64? {
    mutating get {
      guard count > 0 else { return nil }
      if !isExact { setBound(wheels.time(of: wheels.first())) }
      return bound
    }
  }

  private mutating func setBound(_ time: UInt64) {
    bound = time
    isExact = true
  }

  /// Sets or moves the time of a flight.
  ///
  /// - Complexity: O(1)
  mutating func schedule(_ slot: Int, at time: UInt64) {
    schedule(.flight(slot), at: time)
  }

  /// Sets or moves a time.
  ///
  /// - Complexity: O(1)
  mutating func schedule(_ key: Key, at time: UInt64) {
    let reference = TimerEntries.reference(to: key)
    if wheels.isScheduled(reference) { remove(reference) }
    wheels.insert(reference, at: time)
    if count == 0 || time <= bound { setBound(time) }
    count += 1
  }

  /// Sets a time, or moves it to an earlier one.
  ///
  /// - Complexity: O(1)
  mutating func advance(_ key: Key, to time: UInt64) {
    let reference = TimerEntries.reference(to: key)
    if wheels.isScheduled(reference), wheels.time(of: reference) <= time { return }
    schedule(key, at: time)
  }

  /// Whether a flight has a time.
  func hasTime(_ slot: Int) -> Bool {
    wheels.isScheduled(TimerEntries.reference(to: .flight(slot)))
  }

  /// Forgets the time of a flight, if it has one.
  ///
  /// - Complexity: O(1)
  mutating func remove(_ slot: Int) {
    remove(.flight(slot))
  }

  /// Forgets a time, if there is one.
  ///
  /// - Complexity: O(1)
  mutating func remove(_ key: Key) {
    let reference = TimerEntries.reference(to: key)
    if wheels.isScheduled(reference) { remove(reference) }
  }

  private mutating func remove(_ reference: UInt32) {
    if wheels.time(of: reference) == bound { isExact = false }
    wheels.remove(reference)
    count -= 1
  }

  /// Removes the earliest entry whose time has come.
  ///
  /// - Complexity: O(1)
  mutating func popDue(at now: UInt64) -> Key? {
    guard count > 0, bound <= now else { return nil }
    let first = wheels.first()
    setBound(wheels.time(of: first))
    guard bound <= now else { return nil }
    remove(first)
    return TimerEntries.key(of: first)
  }
}
