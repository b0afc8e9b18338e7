// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

extension KernelCheck {
  /// IORING_REGISTER_PBUF_RING.
  static let bufferRing = KernelCheck(
    "buffer-ring", .buffers,
    "A receive takes a buffer from a shared ring once there are bytes, and names it.",
    since: "5.19", without: "Each receive brings its own memory.", tier: .degraded,
    needs: [.bufferRing]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let group = try ring.bufferGroup()
    group.add(3)
    let (near, far) = try ring.pair()
    try ring.arm(.receive(near, group: group.id))
    try far.write("hello")
    let completion = try ring.only()
    try expect(completion.buffer == 3, "takes another buffer: \(completion)")
    let text = group.text(3, count: completion.result)
    try expect(text == "hello", "receives '\(text)'")
  }

  /// Ten facts, 8: no buffer means no wait.
  static let emptyBufferRing = KernelCheck(
    "empty-buffer-ring", .buffers,
    "A receive is refused with -ENOBUFS when it is made while no buffer is there, without data.",
    since: "5.19", without: "Nothing: a receive waits for returned buffers.", tier: .degraded,
    needs: [.bufferRing, .receiveMultishot]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let group = try ring.bufferGroup()
    let (near, _) = try ring.pair()
    for start in [0, RawRequest.Start.multishot] {
      let completion = try ring.perform(.receive(near, group: group.id, start: start))
      try expect(completion.fails(with: .noBufferSpace), "\(completion)")
      try expect(!completion.isArmed, "stays armed: \(completion)")
    }
  }

  /// Ten facts, 8: POLL_FIRST looks for a buffer later.
  static let emptyBufferRingPollFirst = KernelCheck(
    "empty-buffer-ring-poll-first", .buffers,
    "With poll-first a receive waits although no buffer is there, and gets -ENOBUFS with data.",
    since: "5.19", without: "Nothing: a receive waits for returned buffers.", tier: .degraded,
    needs: [.bufferRing, .pollFirst]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let group = try ring.bufferGroup()
    let (near, far) = try ring.pair()
    try ring.arm(.receive(near, group: group.id, start: RawRequest.Start.pollFirst))
    try far.write("hello")
    let completion = try ring.only()
    try expect(completion.fails(with: .noBufferSpace), "\(completion)")
    try expect(near.read() == .bytes(5), "the bytes are gone")
  }

  /// A multishot receive that runs out of buffers.
  static let exhaustedBufferRing = KernelCheck(
    "exhausted-buffer-ring", .buffers,
    "A multishot receive ends with -ENOBUFS after the last buffer, and the bytes stay.",
    since: "6.0", without: "Each receive is made again in any case.", tier: .full,
    needs: [.bufferRing, .receiveMultishot]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let group = try ring.bufferGroup(filled: 1)
    let (near, far) = try ring.pair()
    try ring.arm(.receive(near, group: group.id, start: RawRequest.Start.multishot))
    try far.write("one")
    var found = try ring.wait()
    try far.write("three")
    if found.count < 2 { found += try ring.wait() }
    try expect(found.count == 2 && found[0].result == 3, "\(found)")
    try expect(found[1].fails(with: .noBufferSpace) && !found[1].isArmed, "\(found)")
    try expect(near.read() == .bytes(5), "the bytes are gone")
  }

  /// IOU_PBUF_RING_INC.
  static let incrementalBuffers = KernelCheck(
    "incremental-buffers", .buffers,
    "A buffer is used up piece by piece, and each completion tells whether more of it is left.",
    since: "6.12", without: "An arrival takes a whole buffer.", needs: [.incrementalBuffers]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let group = try ring.bufferGroup(size: 16, flags: 1 << 1)
    group.add(2)
    let (near, far) = try ring.pair()
    try far.write("once ")
    let first = try ring.perform(.receive(near, group: group.id))
    try far.write("upon a time")
    let second = try ring.perform(.receive(near, group: group.id))
    try expect(first.buffer == 2 && first.keepsBuffer, "5 of 16 bytes: \(first)")
    try expect(second.buffer == 2 && !second.keepsBuffer, "16 of 16 bytes: \(second)")
    let text = group.text(2, count: 16)
    try expect(text == "once upon a time", "receives '\(text)'")
  }
}
