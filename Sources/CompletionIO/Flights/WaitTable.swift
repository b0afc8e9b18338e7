// SPDX-License-Identifier: Apache-2.0

/// The waits of a loop's tasks.
///
/// A place is reused with a new generation, so that a late cancellation is recognised.
@safe
struct WaitTable: ~Copyable {
  private var waits: UnsafeMutablePointer<Wait>
  private var capacity = 64
  private var usedCount = 0
  /// The slot that was freed last; below 0 for none.
  private var firstFree: Int32 = -1
  /// How many slots there can be: a stream keeps a slot in 24 bits.
  static var slotLimit: Int { 1 << 24 }
  /// Waits that have not been taken.
  private(set) var count = 0

  init() {
    unsafe waits = Self.allocate(capacity)
  }

  /// Allocates memory in which each wait has a line of the cache to itself.
  private static func allocate(_ capacity: Int) -> UnsafeMutablePointer<Wait> {
    unsafe UnsafeMutableRawPointer.allocate(
      byteCount: capacity * MemoryLayout<Wait>.stride, alignment: 64
    ).bindMemory(to: Wait.self, capacity: capacity)
  }

  deinit {
    unsafe waits.deinitialize(count: usedCount)
    unsafe waits.deallocate()
  }

  /// Opens a wait.
  @inline(__always)
  mutating func open(for target: OperationOwner?) -> WaitID {
    if firstFree < 0 { addFree() }
    let slot = Int(firstFree)
    count += 1
    let wait = unsafe waits + slot
    firstFree = unsafe wait.pointee.nextFree
    unsafe wait.pointee.state = .open
    unsafe wait.pointee.target = unsafe target.map { unsafe Unmanaged.passUnretained($0) }
    return WaitID(slot: UInt32(slot), generation: unsafe wait.pointee.generation)
  }

  /// Closes a wait and gives its result.
  @inline(__always)
  mutating func close(_ id: WaitID) -> WaitResult {
    let wait = unsafe waits + Int(id.slot)
    precondition(unsafe wait.pointee.generation == id.generation, "a wait is closed once")
    assert(unsafe wait.pointee.continuation == nil && wait.pointee.job == nil)
    let result = unsafe wait.pointee.result
    unsafe wait.pointee.result = WaitResult()
    unsafe wait.pointee.state = .free
    unsafe wait.pointee.generation &+= 1
    unsafe wait.pointee.target = nil
    unsafe wait.pointee.nextFree = firstFree
    firstFree = Int32(bitPattern: id.slot)
    count -= 1
    return result
  }

  /// Whether a wait has not ended.
  @inline(__always)
  func isOpen(_ id: WaitID) -> Bool {
    guard Int(id.slot) < usedCount else { return false }
    let wait = unsafe waits + Int(id.slot)
    return unsafe wait.pointee.generation == id.generation && wait.pointee.state == .open
  }

  /// The identifier of the wait in a slot, if it has not ended.
  func open(at slot: Int) -> WaitID? {
    guard slot < usedCount, unsafe waits[slot].state == .open else { return nil }
    return unsafe WaitID(slot: UInt32(slot), generation: waits[slot].generation)
  }

  subscript(id: WaitID) -> Wait {
    unsafeAddress {
      assert(Int(id.slot) < usedCount, "wait \(id.slot) of \(usedCount)")
      return unsafe UnsafePointer(waits + Int(id.slot))
    }
    nonmutating unsafeMutableAddress {
      assert(Int(id.slot) < usedCount, "wait \(id.slot) of \(usedCount)")
      return unsafe waits + Int(id.slot)
    }
  }

  /// Slots that may hold a wait, for walking all of them.
  var slots: Range<Int> { 0..<usedCount }

  /// Readies a slot that has not been used yet.
  @inline(never)
  private mutating func addFree() {
    precondition(usedCount < Self.slotLimit, "\(usedCount) waits on one loop")
    if usedCount == capacity { grow() }
    unsafe (waits + usedCount).initialize(to: Wait())
    firstFree = Int32(usedCount)
    usedCount += 1
  }

  private mutating func grow() {
    let larger = unsafe Self.allocate(capacity * 2)
    unsafe larger.moveInitialize(from: waits, count: usedCount)
    unsafe waits.deallocate()
    unsafe waits = unsafe larger
    capacity *= 2
  }
}
