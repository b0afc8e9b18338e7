// SPDX-License-Identifier: Apache-2.0

/// Bytes on their way, in order: a ring that grows as it has to.
@safe
struct ByteQueue: ~Copyable {
  private var memory: UnsafeMutableRawPointer?
  private var capacity = 0
  private var head = 0
  private(set) var count = 0

  init() {}

  deinit {
    unsafe memory?.deallocate()
  }

  var isEmpty: Bool { count == 0 }

  /// Appends a copy of memory that somebody lends.
  mutating func append(_ source: UInt, _ byteCount: Int) {
    guard byteCount > 0 else { return }
    grow(toHold: count + byteCount)
    guard let memory = unsafe memory, let bytes = unsafe UnsafeRawPointer(bitPattern: source)
    else { preconditionFailure("\(byteCount) bytes at address \(source)") }
    let start = (head + count) & (capacity - 1)
    let first = min(byteCount, capacity - start)
    unsafe (memory + start).copyMemory(from: bytes, byteCount: first)
    unsafe memory.copyMemory(from: bytes + first, byteCount: byteCount - first)
    count += byteCount
  }

  /// Moves the first bytes to memory that somebody lends.
  mutating func removeFirst(_ byteCount: Int, to target: UInt) {
    guard byteCount > 0 else { return }
    precondition(byteCount <= count, "\(byteCount) bytes of \(count)")
    guard let memory = unsafe memory,
      let bytes = unsafe UnsafeMutableRawPointer(bitPattern: target)
    else { preconditionFailure("\(byteCount) bytes to address \(target)") }
    let first = min(byteCount, capacity - head)
    unsafe bytes.copyMemory(from: memory + head, byteCount: first)
    unsafe (bytes + first).copyMemory(from: memory, byteCount: byteCount - first)
    head = (head + byteCount) & (capacity - 1)
    count -= byteCount
  }

  /// Moves the first bytes to the end of another queue.
  mutating func removeFirst(_ byteCount: Int, to other: inout ByteQueue) {
    precondition(byteCount <= count, "\(byteCount) bytes of \(count)")
    guard let memory = unsafe memory else { return }
    let first = min(byteCount, capacity - head)
    other.append(UInt(bitPattern: unsafe memory + head), first)
    other.append(UInt(bitPattern: memory), byteCount - first)
    head = (head + byteCount) & (capacity - 1)
    count -= byteCount
  }

  mutating func removeAll() {
    head = 0
    count = 0
  }

  private mutating func grow(toHold byteCount: Int) {
    guard byteCount > capacity else { return }
    var size = max(256, capacity)
    while size < byteCount { size *= 2 }
    let larger = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
    if let memory = unsafe memory {
      let first = min(count, capacity - head)
      unsafe larger.copyMemory(from: memory + head, byteCount: first)
      unsafe (larger + first).copyMemory(from: memory, byteCount: count - first)
      unsafe memory.deallocate()
    }
    unsafe memory = unsafe larger
    capacity = size
    head = 0
  }
}
