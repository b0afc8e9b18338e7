// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

extension KernelCheck {
  /// Bits of a poll's options; kernel ABI.
  private enum Option {
    static let multishot: UInt32 = 1 << 0
    static let updateEvents: UInt32 = 1 << 1
    static let level: UInt32 = 1 << 3
  }

  /// IORING_OP_POLL_ADD.
  static let pollOnce = KernelCheck(
    "poll", .waiting, "A poll completes at once where there are bytes, and only once.",
    since: "5.1", without: "No loop can be made.", tier: .oneShot
  ) { context throws(Finding) in
    let ring = try context.ring()
    let (near, far) = try ring.pair()
    try far.write("x")
    let completion = try ring.perform(.poll(near, 1))
    try expect(completion.result & 1 != 0 && !completion.isArmed, "\(completion)")
  }

  /// IORING_POLL_ADD_MULTI.
  static let pollMultishot = KernelCheck(
    "poll-multishot", .waiting,
    "A multishot poll completes for each arrival and not again while bytes stay.",
    since: "5.13", without: "A poll is made again after each completion.",
    needs: [.pollMultishot]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let (near, far) = try ring.pair()
    try ring.arm(.poll(near, 1, options: Option.multishot))
    for _ in 0..<2 {
      try far.write("x")
      let completion = try ring.only()
      try expect(completion.result & 1 != 0 && completion.isArmed, "\(completion)")
      let more = ring.arrived()
      try expect(more.isEmpty, "completes again for the same bytes: \(more)")
    }
  }

  /// IORING_POLL_ADD_LEVEL.
  static let pollLevel = KernelCheck(
    "poll-level", .waiting,
    "A level-triggered poll is refused with -EINVAL, although its constant exists.",
    since: "6.0", without: "Nothing: level mode is made of polls that complete once."
  ) { context throws(Finding) in
    let ring = try context.ring()
    let (near, _) = try ring.pair()
    for options in [Option.level, Option.level | Option.multishot] {
      let completion = try ring.perform(.poll(near, 1, options: options))
      try expect(completion.fails(with: .invalidArgument), "\(completion)")
    }
  }

  /// IORING_POLL_UPDATE_EVENTS.
  static let pollUpdate = KernelCheck(
    "poll-update", .waiting, "What a poll waits for can be changed.",
    since: "5.13", without: "A poll is removed and made again, as it is in any case."
  ) { context throws(Finding) in
    let ring = try context.ring()
    let (near, _) = try ring.pair()
    try ring.arm(.poll(near, 1))
    try ring.submit(
      RawRequest(7, address: 1, length: Option.updateEvents, flags: 4).tagged(2))
    let both = try ring.wait(2)
    try both.first(of: 2)?.requireKnown("IORING_POLL_UPDATE_EVENTS")
    try expect(both.first(of: 2)?.result == 0, "the update: \(both)")
    try expect((both.first(of: 1)?.result ?? 0) & 4 != 0, "the poll: \(both)")
  }

  /// IORING_OP_READ_MULTISHOT.
  static let readMultishot = KernelCheck(
    "read-multishot", .waiting, "One read of an eventfd completes for each signal.",
    since: "6.7", without: "A read is made again after each completion.",
    needs: [.readMultishot, .bufferRing]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let group = try ring.bufferGroup(filled: 4)
    let event = try TestSocket.event()
    ring.possessions.append(event)
    try ring.arm(
      RawRequest(49, on: event.descriptor, offset: .max).selecting(group.id))
    for count: UInt64 in [1, 7] {
      try event.signal(count)
      let completion = try ring.only()
      try expect(completion.result == 8 && completion.isArmed, "\(completion)")
      let value = group.buffers.load(
        UInt64.self, at: Int(completion.buffer ?? 0) * group.bufferSize)
      try expect(value == count, "reads \(value) for \(count)")
    }
  }

  /// IORING_OP_EPOLL_WAIT.
  static let epollWait = KernelCheck(
    "epoll-wait", .waiting, "A request waits for an epoll instance.",
    since: "6.15", without: "Nothing: rings wait by polls.", needs: [.epollWait]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let (near, far) = try ring.pair()
    let set = try TestSocket.epoll(watching: near)
    ring.possessions.append(set)
    let events = try ring.memory()
    try ring.arm(
      RawRequest(59, on: set.descriptor, address: events.address, length: 4))
    try far.write("x")
    let completion = try ring.only()
    try expect(completion.result == 1, "\(completion)")
    // struct epoll_event is packed on some processors: its mask is first everywhere.
    try expect(events.load(UInt32.self, at: 0) == 1, "tells of other events")
  }

  /// IORING_REGISTER_NAPI.
  static let busyPoll = KernelCheck(
    "busy-poll", .waiting, "A ring can be told to ask network cards busily.",
    since: "6.9", without: "Nothing: it pays with real cards and spare cores only."
  ) { context throws(Finding) in
    let ring = try context.ring()
    let setting = try ring.memory(16)
    setting.store(UInt32(50), at: 0)
    let result = ring.register(27, setting, count: 1)
    if result == -Errno.notSupportedOnSocket.rawValue {
      throw .absent("the kernel was built without busy polling")
    }
    try ring.requireRegistration("IORING_REGISTER_NAPI", result)
    try expect(ring.register(28, setting, count: 1) == 0, "it cannot be taken back")
    try expect(setting.load(UInt32.self, at: 0) == 50, "the setting is not kept")
  }
}
