// SPDX-License-Identifier: Apache-2.0

internal import CLiburing
internal import Glibc
internal import SystemPackage
internal import Uring

extension KernelCheck {
  /// A cancel and what it ends complete separately.
  static let cancel = KernelCheck(
    "cancel", .cancellation,
    "A cancel by token completes with 0, and what it ends with -ECANCELED.",
    since: "5.5", without: "No loop can be made.", tier: .oneShot, needs: [.cancel]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let (near, _) = try ring.pair()
    try ring.arm(.receive(near, into: ring.memory(), count: 64))
    try ring.submit(.cancel(token: 1))
    let both = try ring.wait(2)
    try expect(both.first(of: 2)?.result == 0, "the cancel: \(both)")
    try expect(both.first(of: 1)?.fails(with: .canceled) == true, "the receive: \(both)")
  }

  /// Which of the two comes first.
  static let cancelOrder = KernelCheck(
    "cancel-order", .cancellation,
    "A cancel completes before what it ends, so that it proves nothing about memory.",
    since: "5.19", without: "Nothing: memory is free at the request's own completion.",
    needs: [.cancel]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let (near, _) = try ring.pair()
    try ring.arm(.receive(near, into: ring.memory(), count: 64))
    try ring.submit(.cancel(token: 1))
    let both = try ring.wait(2)
    try expect(both.tokens == [2, 1], "in another order: \(both)")
  }

  /// A cancel that comes too late.
  static let cancelNothing = KernelCheck(
    "cancel-nothing", .cancellation,
    "A cancel of what has completed already gives -ENOENT.",
    since: "5.5", without: "No loop can be made.", tier: .oneShot, needs: [.cancel]
  ) { context throws(Finding) in
    let ring = try context.ring()
    _ = try ring.perform(.nop)
    let completion = try ring.perform(.cancel(token: 1))
    try expect(completion.fails(with: .noSuchFileOrDirectory), "\(completion)")
  }

  /// The last word of an armed request.
  static let cancelAccept = KernelCheck(
    "cancel-multishot", .cancellation,
    "A cancelled multishot accept ends with -ECANCELED and says that it is not armed.",
    since: "5.19", without: "Accepts complete once.", tier: .degraded,
    needs: [.cancel, .acceptMultishot]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let listener = try ring.listener()
    try ring.arm(.accept(listener, start: RawRequest.Start.acceptMultishot))
    try ring.submit(.cancel(token: 1))
    let both = try ring.wait(2)
    guard let last = both.first(of: 1) else { throw .differs("no last word: \(both)") }
    try expect(last.fails(with: .canceled) && !last.isArmed, "\(both)")
  }

  /// IORING_OP_POLL_REMOVE.
  static let cancelPoll = KernelCheck(
    "poll-remove", .cancellation,
    "A poll that is removed completes with -ECANCELED.",
    since: "5.1", without: "No loop can be made.", tier: .oneShot
  ) { context throws(Finding) in
    let ring = try context.ring()
    let (near, _) = try ring.pair()
    try ring.arm(.poll(near, 1))
    try ring.submit(RawRequest(7, address: 1).tagged(2))
    let both = try ring.wait(2)
    try expect(both.first(of: 2)?.result == 0, "the removal: \(both)")
    try expect(both.first(of: 1)?.fails(with: .canceled) == true, "the poll: \(both)")
  }

  /// Ten facts, 5: a cancelled send may have sent.
  static let partialSend = KernelCheck(
    "cancelled-send", .cancellation,
    "A cancelled send that had sent a part completes with the count of it, not -ECANCELED.",
    since: "5.19", without: "Sends that cannot be whole are short, and tell it as well.",
    tier: .degraded, needs: [.cancel, .pollFirst]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let (near, _) = try ring.connection()
    try near.setOption(SO_SNDBUF, 65536)
    let byteCount = 32 << 20
    let memory = try ring.memory(byteCount)
    try ring.arm(.send(near, memory, count: byteCount, flags: CURING_MSG_WAITALL))
    try ring.submit(.cancel(token: 1))
    let both = try ring.wait(2)
    try expect(both.first(of: 2)?.result == 0, "the cancel: \(both)")
    guard let sent = both.first(of: 1) else { throw .differs("no last word: \(both)") }
    try expect(sent.result > 0 && sent.result < byteCount, "the send: \(both)")
  }
}
