// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

extension KernelCheck {
  /// Rings of users without CAP_IPC_LOCK.
  static let lockedMemory = KernelCheck(
    "locked-memory", .limits,
    "A ring is charged to the user's locked memory, unless CAP_IPC_LOCK lifts the limit.",
    since: "6.14", without: "Nothing: a ring is made whatever the limit is."
  ) { context throws(Finding) in
    // struct io_uring_params: queues that take more than 2 MB.
    let parameters = try PinnedMemory(byteCount: 120)
    parameters.store(UInt32(65536), at: 4)
    parameters.store(SetupFlags.completionQueueSize.rawValue, at: 8)
    var result: Int32 = 0
    try ThreadRights.withLockedMemory(limit: 65536) {
      result = RawRing.setUp(entries: 4096, parameters)
    }
    if result >= 0 {
      TestSocket(adopting: result).close()
      throw .absent("a ring of 2 MB is made under a limit of 64 KiB")
    }
    try expect(result == -Errno.noMemory.rawValue, "io_uring_setup gives \(result)")
  }

  /// Ten facts, 9: the last file of a ring goes when the kernel gets to it.
  static let closeIsLate = KernelCheck(
    "close-is-late", .limits,
    "A closed ring lets go of its requests' files, though not before close(2) returns.",
    since: "5.1", without: "Nothing: a loop drains its ring before it closes it.",
    tier: .oneShot, needs: [.receive]
  ) { context throws(Finding) in
    let keeper = try context.ring()
    let (near, far) = try keeper.connection()
    try context.withAbandonedRing { ring throws(Finding) in
      try ring.arm(.receive(near, into: keeper.memory(), count: 64))
      near.close()
    }
    let isLate = far.read() == .wouldBlock
    try expect(far.waitUntilReadable(), "the peer never sees an end")
    try expect(far.read() == .end, "the peer sees \(far.read())")
    context.note = isLate ? "the peer saw its end after close(2)" : "the peer saw its end at once"
  }

  /// IORING_REGISTER_RESIZE_RINGS.
  static let resize = KernelCheck(
    "resize", .limits, "The queues of a ring are made larger while it lives.",
    since: "6.13", without: "Queues have the size that they were made with, in any case.",
    needs: [.deferTaskrun]
  ) { context throws(Finding) in
    let ring = try context.ring(flags: .usual, entries: 8, completions: 16)
    let parameters = try ring.memory(120)
    parameters.store(UInt32(16), at: 0)
    parameters.store(UInt32(64), at: 4)
    parameters.store(SetupFlags.completionQueueSize.rawValue, at: 8)
    try ring.requireRegistration(
      "IORING_REGISTER_RESIZE_RINGS", ring.register(33, parameters, count: 1))
    let size = parameters.load(UInt32.self, at: 4)
    try expect(size == 64, "a queue of 64 has \(size)")
  }

  /// Ten facts, 10: mapped by hand, because liburing 2.3 writes over the header.
  static let ringWithoutArray = KernelCheck(
    "ring-without-array", .limits, "A ring works without its array of indices.",
    since: "6.6", without: "The array is filled once, as it is in any case."
  ) { context throws(Finding) in
    let ring = try context.ring(flags: SetupFlags.usual.union(.noArray), entries: 4)
    for token: UInt64 in 1..<20 {
      let completion = try ring.perform(.nop.tagged(token))
      try expect(completion.result == 0 && completion.token == token, "\(completion)")
    }
  }

  /// IORING_SETUP_NO_MMAP.
  static let ringInOwnMemory = KernelCheck(
    "ring-in-own-memory", .limits, "A ring lives in memory that the program chose.",
    since: "6.5", without: "The kernel's memory is mapped, as it is in any case."
  ) { context throws(Finding) in
    let (_, header) = try context.ringInOwnMemory()
    let words = (0..<64).map { header.load(UInt32.self, at: $0 * 4) }
    // The sizes of both queues, and what they are less one.
    try expect([8, 16, 7, 15].allSatisfy(words.contains), "the header is \(words)")
  }
}
