// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage

extension KernelCheck {
  private static let unused = "Nothing: a loop keeps its own timers and bounds its wait."
  /// IORING_OP_TIMEOUT_REMOVE.
  private static let remove: UInt8 = 12

  /// IORING_OP_TIMEOUT.
  static let timeout = KernelCheck(
    "timeout", .timers, "A timer completes with -ETIME.", since: "5.4", without: unused
  ) { context throws(Finding) in
    let ring = try context.ring()
    let completion = try ring.perform(.timeout(ring.time(.milliseconds(1))))
    try expect(completion.fails(with: .timeout), "\(completion)")
  }

  /// A timer that counts completions.
  static let timeoutByCount = KernelCheck(
    "timeout-by-count", .timers,
    "A timer completes with 0 once so many other requests have completed.",
    since: "5.4", without: unused
  ) { context throws(Finding) in
    let ring = try context.ring()
    try ring.arm(.timeout(ring.time(.seconds(60)), count: 1))
    try ring.submit(.nop.tagged(2))
    let both = try ring.wait(2)
    try expect(both.first(of: 1)?.result == 0, "\(both)")
  }

  /// IORING_TIMEOUT_MULTISHOT.
  static let timeoutMultishot = KernelCheck(
    "timeout-multishot", .timers, "A timer completes again and again.", since: "6.4",
    without: unused
  ) { context throws(Finding) in
    let ring = try context.ring()
    try ring.submit(.timeout(ring.time(.milliseconds(1)), flags: 1 << 6))
    let first = try ring.wait()
    try first[0].requireKnown("IORING_TIMEOUT_MULTISHOT")
    let all = first + (try ring.wait())
    try expect(all.allSatisfy { $0.fails(with: .timeout) && $0.isArmed }, "\(all)")
  }

  /// IORING_OP_TIMEOUT_REMOVE.
  static let timeoutRemove = KernelCheck(
    "timeout-remove", .timers, "A timer that is removed completes with -ECANCELED.",
    since: "5.5", without: unused
  ) { context throws(Finding) in
    let ring = try context.ring()
    try ring.arm(.timeout(ring.time(.seconds(60))))
    try ring.submit(RawRequest(remove, address: 1).tagged(2))
    let both = try ring.wait(2)
    try expect(both.first(of: 2)?.result == 0, "\(both)")
    try expect(both.first(of: 1)?.fails(with: .canceled) == true, "\(both)")
  }

  /// IORING_TIMEOUT_UPDATE.
  static let timeoutUpdate = KernelCheck(
    "timeout-update", .timers, "A timer can be given another time.", since: "5.11",
    without: unused
  ) { context throws(Finding) in
    let ring = try context.ring()
    try ring.arm(.timeout(ring.time(.seconds(60))))
    let sooner = try ring.time(.milliseconds(1))
    try ring.submit(
      RawRequest(remove, address: 1, offset: sooner.address, flags: 1 << 1).tagged(2))
    let both = try ring.wait(2)
    try expect(both.first(of: 2)?.result == 0, "\(both)")
    try expect(both.first(of: 1)?.fails(with: .timeout) == true, "\(both)")
  }

  /// Many timers for one instant.
  static let timeoutsTogether = KernelCheck(
    "timeouts-together", .timers, "A thousand timers for one instant all complete.",
    since: "5.4", without: unused
  ) { context throws(Finding) in
    let ring = try context.ring(flags: .usual, entries: 64, completions: 2048)
    let time = try ring.time(.milliseconds(1))
    for start in stride(from: UInt64(0), to: 1000, by: 50) {
      try ring.submit((start..<start + 50).map { .timeout(time).tagged(1000 + $0) })
    }
    let all = try ring.wait(1000)
    try expect(all.allSatisfy { $0.fails(with: .timeout) }, "not all with -ETIME")
    try expect(Set(all.tokens).count == 1000, "\(Set(all.tokens).count) different timers")
  }

  /// What LINK_TIMEOUT does; the order changed between Linux 6.1 and 6.12.
  static let linkTimeout = KernelCheck(
    "link-timeout", .timers,
    "When time is up, a request ends with -ECANCELED and its timer with -ETIME, in any order.",
    since: "5.5", without: unused
  ) { context throws(Finding) in
    let ring = try context.ring()
    let (near, _) = try ring.pair()
    try ring.submit(
      .receive(near, into: ring.memory(), count: 64).linked,
      .linkTimeout(ring.time(.milliseconds(5))).tagged(2))
    let both = try ring.wait(2)
    try expect(both.first(of: 2)?.fails(with: .timeout) == true, "the timer: \(both)")
    try expect(both.first(of: 1)?.fails(with: .canceled) == true, "the request: \(both)")
    context.note = both.tokens == [2, 1] ? "the timer comes first" : "the request comes first"
  }

  /// A link timeout whose request is in time.
  static let linkTimeoutUnneeded = KernelCheck(
    "link-timeout-unneeded", .timers,
    "When the request is in time, its timer completes with -ECANCELED.",
    since: "5.5", without: unused
  ) { context throws(Finding) in
    let ring = try context.ring()
    let (near, far) = try ring.pair()
    try ring.submit(
      .receive(near, into: ring.memory(), count: 64).linked,
      .linkTimeout(ring.time(.seconds(60))).tagged(2))
    try far.write("hello")
    let both = try ring.wait(2)
    try expect(both.first(of: 1)?.result == 5, "the request: \(both)")
    try expect(both.first(of: 2)?.fails(with: .canceled) == true, "the timer: \(both)")
  }

  /// IORING_LINK_TIMEOUT_UPDATE.
  static let linkTimeoutUpdate = KernelCheck(
    "link-timeout-update", .timers, "The timer of a linked request can be given another time.",
    since: "5.15", without: unused
  ) { context throws(Finding) in
    let ring = try context.ring()
    let (near, _) = try ring.pair()
    try ring.arm(
      .receive(near, into: ring.memory(), count: 64).linked,
      .linkTimeout(ring.time(.seconds(60))).tagged(2))
    let sooner = try ring.time(.milliseconds(1))
    try ring.submit(
      RawRequest(remove, address: 2, offset: sooner.address, flags: 1 << 1 | 1 << 4).tagged(3))
    let all = try ring.wait(3)
    if let update = all.first(of: 3) { try update.requireKnown("IORING_LINK_TIMEOUT_UPDATE") }
    try expect(all.first(of: 3)?.result == 0, "the update: \(all)")
    try expect(all.first(of: 2)?.fails(with: .timeout) == true, "the timer: \(all)")
  }
}
