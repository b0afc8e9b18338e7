// SPDX-License-Identifier: Apache-2.0

internal import Uring

extension KernelCheck {
  /// IOU_PBUF_RING_MMAP.
  static let mappedBufferRing = KernelCheck(
    "mapped-buffer-ring", .buffers,
    "The kernel gives the memory of a ring of buffers, to be mapped.",
    since: "6.4", without: "The library's own pages are registered, as they are in any case.",
    needs: [.bufferRing]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let id: UInt16 = 5
    let registration = try ring.bufferRegistration(id, capacity: 4, flags: 1 << 0, at: 0)
    let result = ring.register(RawRing.registerBufferRing, registration, count: 1)
    // Before it the flag is padding that must be zero.
    try ring.requireRegistration("IOU_PBUF_RING_MMAP", result)
    // IORING_OFF_PBUF_RING, and the group from bit 16.
    let entries = try PinnedMemory(
      byteCount: 4096, sharedBy: ring.descriptor, at: 0x8000_0000 | Int(id) << 16)
    let group = BufferGroup(
      id: id, bufferSize: 64, capacity: 4, entries: entries, buffers: try ring.memory())
    group.add(1)
    let (near, far) = try ring.pair()
    try far.write("hello")
    let completion = try ring.perform(.receive(near, group: id))
    try expect(completion.result == 5 && completion.buffer == 1, "\(completion)")
    ring.possessions.append(entries)
  }

  /// IORING_REGISTER_PBUF_STATUS.
  static let bufferRingStatus = KernelCheck(
    "buffer-ring-status", .buffers,
    "The kernel tells how many buffers of a ring it has taken.",
    since: "6.8", without: "Completions are counted, as they are in any case.",
    needs: [.bufferRing]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let group = try ring.bufferGroup(filled: 3)
    let (near, far) = try ring.pair()
    try far.write("hello")
    _ = try ring.perform(.receive(near, group: group.id))
    let status = try ring.memory(40)
    status.store(UInt32(group.id), at: 0)
    try ring.requireRegistration(
      "IORING_REGISTER_PBUF_STATUS", ring.register(26, status, count: 1))
    let taken = status.load(UInt32.self, at: 4)
    try expect(taken == 1, "of 1 buffer taken it tells \(taken)")
  }

  /// IORING_REGISTER_CLONE_BUFFERS.
  static let clonedBuffers = KernelCheck(
    "cloned-buffers", .buffers,
    "Memory registered with one ring is registered with another one by its number.",
    since: "6.12", without: "Nothing: the library registers no fixed memory."
  ) { context throws(Finding) in
    let source = try context.ring()
    let ring = try context.ring()
    let memory = try ring.memory()
    let vector = try source.memory()
    vector.store(memory.address, at: 0)
    vector.store(UInt64(4096), at: 8)
    try source.requireRegistration(
      "IORING_REGISTER_BUFFERS", source.register(0, vector, count: 1))
    let clone = try ring.memory(32)
    clone.store(source.descriptor, at: 0)
    try ring.requireRegistration(
      "IORING_REGISTER_CLONE_BUFFERS", ring.register(30, clone, count: 1))
    let (near, far) = try ring.pair()
    try far.write("hello")
    // IORING_OP_READ_FIXED from the first buffer.
    let completion = try ring.perform(
      RawRequest(4, on: near.descriptor, address: memory.address, length: 64, offset: .max))
    try expect(completion.result == 5, "\(completion)")
    try expect(memory.text(count: 5) == "hello", "reads other bytes")
  }
}
