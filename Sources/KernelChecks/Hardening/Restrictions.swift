// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

extension KernelCheck {
  private static let without = "A ring that is to be restricted is refused."

  /// IORING_SETUP_R_DISABLED.
  static let disabledRing = KernelCheck(
    "disabled-ring", .hardening,
    "A ring that starts disabled refuses requests with -EBADFD until it is enabled.",
    since: "5.10", without: without
  ) { context throws(Finding) in
    let ring = try context.disabledRing()
    try ring.push([.nop])
    let refused = ring.enterOnce()
    // EBADFD, which Errno does not name.
    try expect(refused == -77, "io_uring_enter gives \(refused)")
    try ring.enable()
    // The enter was refused, not the request.
    try expect(ring.enterOnce() == 1, "it is not enabled")
    try expect(try ring.only().result == 0, "the request fails")
  }

  /// IORING_REGISTER_RESTRICTIONS, by opcode.
  static let restrictedRequests = KernelCheck(
    "restricted-requests", .hardening,
    "A restricted ring takes the requests on its list and refuses others with -EACCES.",
    since: "5.10", without: without
  ) { context throws(Finding) in
    let ring = try context.disabledRing()
    try ring.restrict([.request(27)])
    try ring.enable()
    let (near, far) = try ring.pair()
    try ring.arm(.receive(near, into: ring.memory(), count: 64))
    try far.write("hello")
    try expect(try ring.only().result == 5, "what is allowed does not work")
    let refused = try ring.perform(.nop)
    try expect(refused.fails(with: .permissionDenied), "\(refused)")
  }

  /// IORING_RESTRICTION_SQE_FLAGS_ALLOWED.
  static let restrictedFlags = KernelCheck(
    "restricted-flags", .hardening,
    "A restricted ring refuses flags that are not on its list with -EACCES.",
    since: "5.10", without: without
  ) { context throws(Finding) in
    let ring = try context.disabledRing()
    try ring.restrict([.request(0), .flags(1 << 2)])
    try ring.enable()
    let refused = try ring.perform(.nop.asynchronous)
    try expect(refused.fails(with: .permissionDenied), "\(refused)")
    try ring.submit(.nop.linked, .nop.tagged(2))
    try expect(try ring.wait(2).results == [0, 0], "the allowed flag does not work")
  }

  /// IORING_RESTRICTION_REGISTER_OP.
  static let restrictedRegistrations = KernelCheck(
    "restricted-registrations", .hardening,
    "A restricted ring refuses registrations that are not on its list with EACCES.",
    since: "5.10", without: without
  ) { context throws(Finding) in
    let ring = try context.disabledRing()
    try ring.restrict([.registration(8)])
    try ring.enable()
    let probe = try ring.memory(16 + 256 * 8)
    let allowed = ring.register(8, probe, count: 256)
    try expect(allowed == 0, "what is allowed gives \(allowed)")
    let refused = try ring.tryDirectTable(1)
    try expect(refused == -Errno.permissionDenied.rawValue, "a table of files gives \(refused)")
  }

  /// There is no second list.
  static let restrictionsOnce = KernelCheck(
    "restricted-once", .hardening,
    "The list is given once, before the ring is enabled, and stays.",
    since: "5.10", without: without
  ) { context throws(Finding) in
    let ring = try context.disabledRing()
    try ring.restrict([.request(0)])
    let again = try ring.tryRestrict([.request(27)])
    try expect(again == -Errno.resourceBusy.rawValue, "a second list gives \(again)")
    try ring.enable()
    let late = try ring.tryRestrict([.request(27)])
    try expect(late < 0, "a list for an enabled ring is taken")
  }

  /// Who submits to a ring that started disabled.
  static let enablerIsIssuer = KernelCheck(
    "enabler-is-issuer", .hardening,
    "A ring of one thread that starts disabled belongs to the thread that enables it.",
    since: "6.0", without: "Nothing: a loop makes and enables its ring on its own thread.",
    tier: .full, needs: [.singleIssuer]
  ) { context throws(Finding) in
    let ring = try context.disabledRing()
    let number = ring.descriptor
    try CheckThread.run { _ throws(Finding) in
      let enabled = RawRing.register(on: UInt32(bitPattern: number), 12)
      try expect(enabled == 0, "io_uring_register gives \(enabled)")
    }
    let refused = RawRing.enter(on: number, submitting: 1)
    try expect(refused == -Errno.fileExists.rawValue, "io_uring_enter gives \(refused)")
  }

  /// A ring is not inherited.
  static let ringClosedOnExec = KernelCheck(
    "ring-closed-on-exec", .hardening, "A ring's descriptor is closed at execve(2).",
    since: "5.1", without: "Nothing: the kernel always does it.", tier: .oneShot
  ) { context throws(Finding) in
    let ring = try context.ring()
    try expect(ring.isClosedOnExec, "a child process would inherit the ring")
  }
}
