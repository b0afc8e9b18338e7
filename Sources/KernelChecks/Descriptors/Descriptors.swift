// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

extension KernelCheck {
  /// Ten facts, 7: the number is taken before there is a connection.
  static let descriptorsUsedUp = KernelCheck(
    "descriptors-used-up", .descriptors,
    "With no descriptor left an accept fails with -EMFILE at once, though nobody connects.",
    since: "5.5", without: "Nothing: accepting waits and backs off.", tier: .oneShot,
    needs: [.accept]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let listener = try ring.listener()
    try ThreadRights.fillOwnDescriptorTable(with: listener.descriptor)
    let once = try ring.perform(.accept(listener))
    try expect(once.fails(with: .tooManyOpenFiles), "\(once)")
    let many = try ring.perform(
      .accept(listener, start: RawRequest.Start.acceptMultishot))
    // EINVAL where the kernel knows no multishot accept.
    let isKnown = !many.fails(with: .invalidArgument)
    try expect(!isKnown || many.fails(with: .tooManyOpenFiles) && !many.isArmed, "\(many)")
  }

  /// IORING_REGISTER_RING_FDS.
  static let registeredRing = KernelCheck(
    "registered-ring", .descriptors,
    "A ring is entered by its place in a small table of the thread.",
    since: "5.18", without: "Each enter looks the descriptor up.",
    needs: [.registeredRingDescriptor]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let place = try ring.registerDescriptor()
    // IORING_ENTER_REGISTERED_RING.
    let result = RawRing.enter(on: place, flags: 1 << 4)
    try expect(result == 0, "io_uring_enter gives \(result)")
  }

  /// IORING_REGISTER_USE_REGISTERED_RING.
  static let registeredRegister = KernelCheck(
    "registered-ring-registers", .descriptors,
    "Registrations find a ring by its place in a small table of the thread.",
    since: "6.3", without: "They use the descriptor, as they do in any case.",
    needs: [.registeredRingDescriptor]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let place = try ring.registerDescriptor()
    let probe = try ring.memory(16 + 256 * 8)
    let result = RawRing.register(
      on: UInt32(bitPattern: place), 8 | 1 << 31, probe, count: 256)
    try ring.requireRegistration("IORING_REGISTER_USE_REGISTERED_RING", result)
    try expect(probe.load(UInt8.self, at: 0) > 0, "the answer is empty")
  }

  /// IORING_SETUP_REGISTERED_FD_ONLY.
  static let registeredOnlyRing = KernelCheck(
    "ring-without-descriptor", .descriptors,
    "A ring takes no descriptor at all and is known by its place alone.",
    since: "6.5", without: "A ring takes a descriptor, as it does in any case."
  ) { context throws(Finding) in
    let (place, _) = try context.ringInOwnMemory(flags: .registeredOnly)
    let result = RawRing.enter(on: place, flags: 1 << 4)
    try expect(result == 0, "io_uring_enter gives \(result)")
  }

  /// IORING_OP_PIPE.
  static let pipeByRequest = KernelCheck(
    "pipe-by-request", .descriptors, "A request makes a pipe.",
    since: "6.16", without: "Nothing: the library needs no pipes."
  ) { context throws(Finding) in
    let ring = try context.ring()
    try ring.requireOpcode(62)
    let ends = try ring.memory(8)
    let completion = try ring.perform(RawRequest(62, on: 0, address: ends.address))
    try expect(completion.result == 0, "\(completion)")
    for end in 0..<2 {
      let descriptor = TestSocket(adopting: ends.load(Int32.self, at: end * 4))
      try expect(descriptor.descriptor > 0, "end \(end) is no descriptor")
    }
  }
}
