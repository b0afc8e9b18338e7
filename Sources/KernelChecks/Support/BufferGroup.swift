// SPDX-License-Identifier: Apache-2.0

internal import CLiburing

/// A ring of provided buffers, written by hand: 16 bytes an entry, the tail in the first one.
struct BufferGroup {
  let id: UInt16
  let bufferSize: Int
  let capacity: Int
  /// The shared entries.
  let entries: PinnedMemory
  /// The buffers themselves, one after another.
  let buffers: PinnedMemory

  /// Gives the kernel a buffer.
  func add(_ index: Int) {
    let tail = entries.load(UInt16.self, at: 14)
    let place = Int(tail) % capacity * 16
    entries.store(buffers.address(at: index * bufferSize), at: place)
    entries.store(UInt32(bufferSize), at: place + 8)
    entries.store(UInt16(index), at: place + 12)
    entries.store(tail &+ 1, at: 14)
  }

  /// The bytes of a buffer.
  func text(_ index: UInt16, from start: Int = 0, count: Int32) -> String {
    buffers.text(at: Int(index) * bufferSize + start, count: Int(count))
  }
}

extension RawRing {
  /// IORING_REGISTER_PBUF_RING.
  static var registerBufferRing: UInt32 { 22 }

  /// Registers a group of buffers and gives the kernel the first of them.
  func bufferGroup(
    _ id: UInt16 = 1, capacity: Int = 4, size: Int = 64, filled: Int = 0, flags: UInt16 = 0
  ) throws(Finding) -> BufferGroup {
    let group = BufferGroup(
      id: id, bufferSize: size, capacity: capacity, entries: try memory(capacity * 16),
      buffers: try memory(capacity * size))
    let registration = try bufferRegistration(
      id, capacity: capacity, flags: flags, at: group.entries.address)
    try requireRegistration(
      "a ring of buffers with flags \(flags)",
      register(Self.registerBufferRing, registration, count: 1))
    for index in 0..<filled { group.add(index) }
    return group
  }

  /// A `struct io_uring_buf_reg`.
  func bufferRegistration(
    _ id: UInt16, capacity: Int, flags: UInt16, at address: UInt64
  ) throws(Finding) -> PinnedMemory {
    let registration = try memory(40)
    registration.store(address, at: 0)
    registration.store(UInt32(capacity), at: 8)
    registration.store(id, at: 12)
    registration.store(flags, at: 14)
    return registration
  }
}
