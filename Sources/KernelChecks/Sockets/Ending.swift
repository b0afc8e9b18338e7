// SPDX-License-Identifier: Apache-2.0

internal import CLiburing
internal import Glibc
internal import SystemPackage
internal import Uring

extension KernelCheck {
  /// Ten facts, 4: shutdown(2) is what ends a receive.
  static let shutdownEndsReceive = KernelCheck(
    "shutdown-ends-receive", .sockets,
    "shutdown(2) of a socket completes its waiting receive with 0.",
    since: "5.6", without: "No loop can be made.", tier: .oneShot, needs: [.receive]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let (near, _) = try ring.connection()
    try ring.arm(.receive(near, into: ring.memory(), count: 64))
    near.shutDown()
    let completion = try ring.only()
    try expect(completion.result == 0, "\(completion)")
  }

  /// IORING_OP_SHUTDOWN is forced to a worker thread.
  static let shutdownByWorker = KernelCheck(
    "shutdown-by-request", .sockets,
    "A shutdown request works, but from a worker thread, so that the system call is cheaper.",
    since: "5.11", without: "The system call is used in any case.", needs: [.shutdown]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let (near, far) = try ring.pair()
    let direction = UInt32(SHUT_RDWR)
    try ring.submit(RawRequest(CURING_OP_SHUTDOWN, on: near.descriptor, length: direction))
    let wasInline = ring.readyCount > 0
    let completion = try ring.only()
    try expect(completion.result == 0, "\(completion)")
    try expect(far.read() == .end, "the peer sees no end")
    context.note =
      wasInline ? "completed within the submission" : "completed after the submission"
  }

  /// Ten facts, 4: close(2) alone says nothing to the peer while a request holds the file.
  static let closeWithArmedReceive = KernelCheck(
    "close-with-armed-receive", .sockets,
    "close(2) with a receive in flight completes nothing and tells the peer nothing.",
    since: "5.6", without: "Nothing: sockets are shut down and drained before they are closed.",
    tier: .oneShot, needs: [.receive, .cancel]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let (near, far) = try ring.connection()
    try ring.arm(.receive(near, into: ring.memory(), count: 64))
    near.close()
    try expect(ring.arrived().isEmpty, "the receive completes")
    try expect(far.read() == .wouldBlock, "the peer sees \(far.read())")
    try ring.submit(.cancel(token: 1))
    let both = try ring.wait(2)
    try expect(both.first(of: 1)?.fails(with: .canceled) == true, "cancelled: \(both)")
    // The last reference is dropped by work that runs on the way out of the kernel.
    _ = ring.enterOnce()
    try expect(far.waitUntilReadable(), "the peer never sees an end")
    try expect(far.read() == .end, "the peer sees \(far.read())")
  }

  /// POLLHUP, by which the loop tells a reset from the end of a stream.
  static let hangUpIsReset = KernelCheck(
    "hang-up-is-reset", .sockets,
    "A poll says that a reset connection has hung up, and not of one whose peer sends no more.",
    since: "5.1", without: "A reset that a send has swallowed looks like the end of the stream.",
    tier: .oneShot
  ) { context throws(Finding) in
    let ring = try context.ring()
    let (near, far) = try ring.connection()
    far.endSending()
    try expect(near.waitUntilReadable(), "no end arrives")
    let ended = try ring.perform(.poll(near, 1)).result
    try expect(ended & 0x1 != 0 && ended & 0x10 == 0, "of an end: \(ended)")
    try far.reset()
    try expect(near.wait(for: Int16(POLLERR)), "no reset arrives")
    let reset = try ring.perform(.poll(near, 1)).result
    try expect(reset & 0x10 != 0, "of a reset: \(reset)")
  }

  /// What io_send() makes of an error behind a part.
  static let sendSwallowsReset = KernelCheck(
    "send-swallows-reset", .sockets,
    "A send that has moved bytes reports those when the connection is reset, and a receive 0.",
    since: "5.19", without: "The reset is told; nothing is lost.", needs: [.pollFirst, .send]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let (near, far) = try ring.connection()
    let byteCount = 8 << 20
    let memory = try ring.memory(byteCount)
    try ring.arm(.send(near, memory, count: byteCount, flags: CURING_MSG_WAITALL))
    try far.reset()
    let part = try ring.only()
    try expect(part.result > 0 && part.result < Int32(byteCount), "\(part)")
    try expect(near.read() == .end, "a receive then: \(near.read())")
  }
}
