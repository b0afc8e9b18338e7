// SPDX-License-Identifier: Apache-2.0

internal import CLiburing
internal import SystemPackage
internal import Uring

extension KernelCheck {
  /// Bits of a cancel's flags; kernel ABI.
  private enum Key {
    static let all: UInt32 = 1 << 0
    static let descriptor: UInt32 = 1 << 1
    static let direct: UInt32 = 1 << 3
    static let operation: UInt32 = 1 << 5
  }

  /// Arms a receive (10) and a poll (11) on one socket, and a receive (12) on its peer.
  ///
  /// - Returns: The socket that two of them are on.
  private static func armThree(on ring: RawRing) throws(Finding) -> TestSocket {
    let (near, far) = try ring.pair()
    let memory = try ring.memory()
    try ring.arm(
      .receive(near, into: memory, count: 8).tagged(10), .poll(near, 1).tagged(11),
      .receive(far, into: memory, count: 8).tagged(12))
    return near
  }

  /// IORING_ASYNC_CANCEL_ANY.
  static let cancelAll = KernelCheck(
    "cancel-all", .cancellation,
    "One cancel ends every request of the ring and tells how many.",
    since: "5.19", without: "Each request is cancelled on its own.", tier: .degraded,
    needs: [.cancelAll]
  ) { context throws(Finding) in
    let ring = try context.ring()
    _ = try armThree(on: ring)
    try ring.submit(.cancelAll)
    let all = try ring.wait(4)
    try expect(all.first(of: 2)?.result == 3, "the cancel: \(all)")
    let ended = all.filter { $0.token != 2 }
    try expect(ended.allSatisfy { $0.fails(with: .canceled) }, "the others: \(all)")
  }

  /// IORING_ASYNC_CANCEL_FD.
  static let cancelByDescriptor = KernelCheck(
    "cancel-by-descriptor", .cancellation,
    "One cancel ends every request on a descriptor and leaves the others.",
    since: "5.19", without: "Requests are cancelled by token, as they are in any case.",
    needs: [.cancelAll]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let near = try armThree(on: ring)
    try ring.submit(.cancel(near.descriptor, flags: Key.all | Key.descriptor))
    let three = try ring.wait(3)
    try expect(three.first(of: 2)?.result == 2, "the cancel: \(three)")
    try expect(three.first(of: 12) == nil, "ends one on another descriptor: \(three)")
  }

  /// IORING_ASYNC_CANCEL_FD_FIXED.
  static let cancelByDirectDescriptor = KernelCheck(
    "cancel-by-direct-descriptor", .cancellation,
    "One cancel ends the requests on a direct descriptor.",
    since: "6.0", without: "Requests are cancelled by token, as they are in any case.",
    needs: [.cancelAll, .directDescriptors]
  ) { context throws(Finding) in
    let ring = try context.ring()
    try ring.makeDirectTable(2)
    let listener = try ring.listener()
    _ = try ring.client(of: listener)
    let place = try ring.perform(.acceptDirect(listener)).result
    let memory = try ring.memory()
    try ring.arm(RawRequest(27, on: place, address: memory.address, length: 8).direct)
    try ring.submit(.cancel(place, flags: Key.descriptor | Key.direct))
    let both = try ring.wait(2)
    try both.first(of: 2)?.requireKnown("IORING_ASYNC_CANCEL_FD_FIXED")
    try expect(both.first(of: 2)?.result == 0, "the cancel: \(both)")
    try expect(both.first(of: 1)?.fails(with: .canceled) == true, "the receive: \(both)")
  }

  /// IORING_ASYNC_CANCEL_OP.
  static let cancelByOperation = KernelCheck(
    "cancel-by-operation", .cancellation,
    "One cancel ends every request of one opcode and leaves the others.",
    since: "6.6", without: "Requests are cancelled by token, as they are in any case.",
    needs: [.cancelAll]
  ) { context throws(Finding) in
    let ring = try context.ring()
    _ = try armThree(on: ring)
    try ring.submit(
      .cancel(flags: Key.all | Key.operation).changed { $0.length = 27 })
    let first = try ring.wait()
    try first.first(of: 2)?.requireKnown("IORING_ASYNC_CANCEL_OP")
    // Linux 6.1 looks for the token of none.
    if first.results == [0] { throw .absent("the kernel does not look at the flag") }
    try expect(first.first(of: 2)?.result == 2, "the cancel: \(first)")
    let three = first.count < 3 ? first + (try ring.wait(3 - first.count)) : first
    try expect(three.first(of: 2)?.result == 2, "the cancel: \(three)")
    try expect(three.first(of: 11) == nil, "ends the poll: \(three)")
  }

  /// IORING_REGISTER_SYNC_CANCEL.
  static let cancelAndWait = KernelCheck(
    "cancel-and-wait", .cancellation,
    "A registration call cancels and waits until the request has ended.",
    since: "6.0", without: "A cancel is a request, as it is in any case.", needs: [.cancelAll]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let (near, _) = try ring.pair()
    try ring.arm(.receive(near, into: ring.memory(), count: 64))
    // struct io_uring_sync_cancel_reg: token, descriptor, flags, time limit.
    let order = try ring.memory(64)
    order.store(UInt64(1), at: 0)
    order.store(Int32(-1), at: 8)
    order.store(Int64(5), at: 16)
    try ring.requireRegistration("IORING_REGISTER_SYNC_CANCEL", ring.register(24, order, count: 1))
    let completion = try ring.only()
    try expect(completion.fails(with: .canceled), "\(completion)")
  }

  /// Ten facts, 3: a cancel by descriptor looks at every armed request.
  static let cancelCost = KernelCheck(
    "cancel-cost", .cancellation,
    "With thousands of armed requests each kind of cancel finds the one that is meant.",
    since: "5.19", without: "Nothing: requests are cancelled by token, sockets shut down.",
    needs: [.cancelAll]
  ) { context throws(Finding) in
    let ring = try context.ring(flags: .usual, entries: 256, completions: 16384)
    let (busy, _) = try ring.pair()
    let armedCount: UInt64 = 4000
    for start in stride(from: UInt64(0), to: armedCount, by: 200) {
      try ring.submit((start..<start + 200).map { .poll(busy, 1).tagged(1000 + $0) })
    }
    var sockets: [TestSocket] = []
    for token: UInt64 in 100..<150 {
      let (near, _) = try ring.pair()
      try ring.submit(.poll(near, 1).tagged(token))
      sockets.append(near)
    }
    func time(_ cancels: [RawRequest]) throws(Finding) -> Duration {
      let begin = ContinuousClock.now
      try ring.submit(cancels)
      let duration = ContinuousClock.now - begin
      let done = try ring.wait(cancels.count * 2).filter { $0.token == 2 }
      try expect(done.allSatisfy { $0.result == 0 }, "\(done)")
      return duration
    }
    let byToken = try time((0..<50).map { .cancel(token: 1000 + $0 * 70) })
    let byDescriptor = try time(sockets.map { .cancel($0.descriptor, flags: Key.descriptor) })
    context.note =
      "with \(armedCount) armed, by descriptor takes \(Int(byDescriptor / byToken)) times as "
      + "long as by token"
  }
}
