// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import SystemPackage
internal import Uring

extension KernelCheck {
  /// Bits of io_uring_enter(2)'s flags; kernel ABI.
  private enum Enter {
    static let extendedArgument: UInt32 = 1 << 3
    static let absoluteTime: UInt32 = 1 << 5
    static let registeredArgument: UInt32 = 1 << 6
    static let noIOWait: UInt32 = 1 << 7
  }

  /// IORING_ENTER_EXT_ARG.
  static let waitTimeout = KernelCheck(
    "wait-timeout", .waiting, "A wait for completions ends when its time is up.",
    since: "5.11", without: "No loop can be made.", tier: .oneShot, needs: [.extendedArgument]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let result = ring.enterOnce(waitFor: 1, timeout: .milliseconds(1))
    try expect(result == -Errno.timeout.rawValue, "io_uring_enter gives \(result)")
  }

  /// The count of submitted requests takes the place of a wait's error.
  static let submitHidesTimeout = KernelCheck(
    "submit-hides-timeout", .waiting,
    "A wait that also submits tells the count, not that its time was up.",
    since: "5.11", without: "Nothing: a loop looks at the queue and at its clock.",
    tier: .oneShot, needs: [.extendedArgument]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let (near, _) = try ring.pair()
    try ring.push([.receive(near, into: ring.memory(), count: 8)])
    let result = ring.enterOnce(waitFor: 1, timeout: .milliseconds(1))
    try expect(result == 1, "io_uring_enter gives \(result)")
    try expect(ring.reap().isEmpty, "something completes")
  }

  /// A minimum wait, in place of liburing's padding.
  static let minimumWait = KernelCheck(
    "minimum-wait", .waiting,
    "A wait for several completions ends early, after its minimum time, if there is one.",
    since: "6.12", without: "A wait ends with its first completion.", needs: [.minimumTimeout]
  ) { context throws(Finding) in
    let ring = try context.ring()
    // The second completion that a kernel which ignores the minimum would wait for.
    try ring.submit(.timeout(ring.time(.seconds(3))).tagged(9), .nop)
    _ = ring.enterOnce(waitFor: 2, minimumMicroseconds: 1000)
    let found = ring.reap()
    try expect(found.tokens == [1], "waits for the second one: \(found)")
  }

  /// IORING_ENTER_ABS_TIMER.
  static let absoluteWait = KernelCheck(
    "absolute-wait", .waiting, "A wait can end at a point in time.",
    since: "6.12", without: "The time left is given, as it is in any case."
  ) { context throws(Finding) in
    let ring = try context.ring()
    // One second after the machine's start, long ago.
    try requireEnter(
      "IORING_ENTER_ABS_TIMER", wait(on: ring, .seconds(1), flags: Enter.absoluteTime))
  }

  /// IORING_REGISTER_CLOCK.
  static let waitClock = KernelCheck(
    "wait-clock", .waiting, "The clock of a ring's waits can be chosen.",
    since: "6.12", without: "Waits go by CLOCK_MONOTONIC, as they do in any case."
  ) { context throws(Finding) in
    let ring = try context.ring()
    let clock = try ring.memory(16)
    clock.store(UInt32(CLOCK_BOOTTIME), at: 0)
    try ring.requireRegistration("IORING_REGISTER_CLOCK", ring.register(29, clock))
    let result = ring.enterOnce(waitFor: 1, timeout: .milliseconds(1))
    try expect(result == -Errno.timeout.rawValue, "io_uring_enter gives \(result)")
  }

  /// IORING_ENTER_EXT_ARG_REG.
  static let registeredWait = KernelCheck(
    "registered-wait", .waiting, "What a wait is to do can be registered beforehand.",
    since: "6.13", without: "The kernel copies it at each wait."
  ) { context throws(Finding) in
    let ring = try context.ring(flags: SetupFlags.usual.union(.startsDisabled))
    // struct io_uring_reg_wait: a time, then a flag that says so.
    let wait = try ring.memory()
    wait.store(Int64(1_000_000), at: 8)
    wait.store(UInt32(1), at: 20)
    // struct io_uring_region_desc: the memory is the program's own.
    let region = try ring.memory(64)
    region.store(wait.address, at: 0)
    region.store(UInt64(4096), at: 8)
    region.store(UInt32(1), at: 16)
    // struct io_uring_mem_region_reg: the region, for arguments of waits.
    let registration = try ring.memory(32)
    registration.store(region.address, at: 0)
    registration.store(UInt64(1), at: 8)
    try ring.requireRegistration(
      "IORING_REGISTER_MEM_REGION", ring.register(34, registration, count: 1))
    try ring.requireRegistration("IORING_REGISTER_ENABLE_RINGS", ring.register(12))
    let result = ring.enterRaw(
      waitFor: 1, flags: Enter.extendedArgument | Enter.registeredArgument, argument: 0, size: 64)
    try requireEnter("IORING_ENTER_EXT_ARG_REG", result)
  }

  /// IORING_ENTER_NO_IOWAIT.
  static let noIOWait = KernelCheck(
    "no-iowait", .waiting, "A wait need not be booked as waiting for a disk.",
    since: "6.15", without: "An idle loop looks like a busy disk to people who watch iowait.",
    needs: [.noIOWait]
  ) { context throws(Finding) in
    let ring = try context.ring()
    try requireEnter(
      "IORING_ENTER_NO_IOWAIT", wait(on: ring, .milliseconds(1), flags: Enter.noIOWait))
  }

  /// Waits for a completion until a time, and returns io_uring_enter(2)'s answer.
  private static func wait(
    on ring: RawRing, _ time: Duration, flags: UInt32
  ) throws(Finding) -> Int32 {
    // struct io_uring_getevents_arg: the size of the signal mask, and where the time is.
    let argument = try ring.memory(24)
    argument.store(UInt32(8), at: 8)
    argument.store(try ring.time(time).address, at: 16)
    return ring.enterRaw(
      waitFor: 1, flags: Enter.extendedArgument | flags, argument: argument.address, size: 24)
  }

  /// Goes on where a wait ended because its time was up.
  private static func requireEnter(_ what: String, _ result: Int32) throws(Finding) {
    if result == -Errno.invalidArgument.rawValue {
      throw .absent("\(what) is refused with EINVAL")
    }
    try expect(result == -Errno.timeout.rawValue, "io_uring_enter gives \(result)")
  }
}
