// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Synchronization

/// Whom a signal is told to: what its handler reads, on whatever thread it interrupts.
///
/// The handler may be running on another thread at any time, so the table is never freed, and what
/// it refers to is given up in an order that the handler cannot get wrong.
@safe
enum SignalTable {
  /// Waits for signals that a process may have at a time.
  static let slotCount = 64

  /// One wait.
  struct Slot: ~Copyable {
    /// Signals that it waits for, by ``ProcessSignal/bit``.
    let wanted = Atomic<UInt64>(0)
    /// Those of them that have come.
    let pending = Atomic<UInt64>(0)
    /// An eventfd(2) to be written to when one has; below 0 for none.
    let descriptor = Atomic<Int32>(-1)
  }

  /// Handlers that are running.
  private struct Running: ~Copyable {
    let count = Atomic<Int>(0)
  }

  // Pointers that are set before the first handler is installed: a handler must not run the
  // initializer of a global, which takes a lock.
  @exclusivity(unchecked) nonisolated(unsafe) private static var slots:
    UnsafeMutablePointer<Slot>? = nil
  @exclusivity(unchecked) nonisolated(unsafe) private static var running:
    UnsafeMutablePointer<Running>? = nil

  /// Makes the table; under the lock of ``SignalHandlers``.
  static func prepare() {
    guard unsafe slots == nil else { return }
    let memory = UnsafeMutablePointer<Slot>.allocate(capacity: slotCount)
    for index in 0..<slotCount { unsafe (memory + index).initialize(to: Slot()) }
    let counter = UnsafeMutablePointer<Running>.allocate(capacity: 1)
    unsafe counter.initialize(to: Running())
    unsafe running = unsafe counter
    unsafe slots = unsafe memory
  }

  /// Fills a slot.
  static func fill(_ index: Int, wanted: UInt64, descriptor: Int32) {
    guard let slots = unsafe slots else { return }
    unsafe slots[index].pending.store(0, ordering: .sequentiallyConsistent)
    unsafe slots[index].descriptor.store(descriptor, ordering: .sequentiallyConsistent)
    unsafe slots[index].wanted.store(wanted, ordering: .sequentiallyConsistent)
  }

  /// Empties a slot; behind this no handler uses its descriptor.
  static func empty(_ index: Int) {
    guard let slots = unsafe slots, let running = unsafe running else { return }
    unsafe slots[index].wanted.store(0, ordering: .sequentiallyConsistent)
    unsafe slots[index].descriptor.store(-1, ordering: .sequentiallyConsistent)
    // A handler that began later finds the slot empty. One on this thread has ended.
    while unsafe running.pointee.count.load(ordering: .sequentiallyConsistent) > 0 {
      sched_yield()
    }
  }

  /// The signals that have come to a slot.
  static func pending(_ index: Int) -> UInt64 {
    guard let slots = unsafe slots else { return 0 }
    return unsafe slots[index].pending.load(ordering: .sequentiallyConsistent)
  }

  /// Takes some of the signals that have come to a slot.
  ///
  /// - Returns: Those of them that had come.
  static func take(_ bits: UInt64, from index: Int) -> UInt64 {
    guard let slots = unsafe slots else { return 0 }
    let old = unsafe slots[index].pending.bitwiseAnd(~bits, ordering: .sequentiallyConsistent)
    return old.oldValue & bits
  }

  /// The handler: calls nothing that is not async-signal-safe (signal-safety(7)).
  static func handle(_ number: Int32) {
    guard let slots = unsafe slots, let running = unsafe running else { return }
    let savedErrno = errno
    unsafe running.pointee.count.add(1, ordering: .sequentiallyConsistent)
    let bit = UInt64(1) << UInt64(number - 1)
    var index = 0
    while index < slotCount {
      let slot = unsafe slots + index
      index += 1
      guard unsafe slot.pointee.wanted.load(ordering: .sequentiallyConsistent) & bit != 0 else {
        continue
      }
      unsafe slot.pointee.pending.bitwiseOr(bit, ordering: .sequentiallyConsistent)
      let descriptor = unsafe slot.pointee.descriptor.load(ordering: .sequentiallyConsistent)
      var one: UInt64 = 1
      if descriptor >= 0 { _ = unsafe write(descriptor, &one, MemoryLayout<UInt64>.size) }
    }
    unsafe running.pointee.count.subtract(1, ordering: .sequentiallyConsistent)
    errno = savedErrno
  }
}
