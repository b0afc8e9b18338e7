// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

extension KernelCheck {
  /// IORING_NOP_INJECT_RESULT.
  static let injectedResult = KernelCheck(
    "injected-result", .limits, "A request that does nothing completes with any result.",
    since: "6.10", without: "Nothing: tests have a simulated kernel."
  ) { context throws(Finding) in
    let ring = try context.ring()
    let wanted = -Errno.resourceTemporarilyUnavailable.rawValue
    let completion = try ring.perform(
      RawRequest(0, length: UInt32(bitPattern: wanted), flags: 1 << 0))
    if completion.result == 0 { throw .absent("the kernel does not look at the flag") }
    try completion.requireKnown("IORING_NOP_INJECT_RESULT")
    try expect(completion.result == wanted, "\(completion)")
  }

  /// IORING_REGISTER_QUERY.
  static let query = KernelCheck(
    "query", .limits, "The kernel lists what it can do, without a ring, as its probe does.",
    since: "6.18", without: "A small ring is made and tried.", needs: [.query]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let answer = try ring.memory(64)
    // struct io_uring_query_hdr: the next one, the answer's place, the question, its size.
    let header = try ring.memory(48)
    header.store(answer.address, at: 8)
    header.store(UInt32(40), at: 20)
    let result = RawRing.register(on: .max, 35, header)
    try expect(result == 0, "io_uring_register gives \(result)")
    try expect(header.load(Int32.self, at: 24) == 0, "the question is refused")
    let requestCount = answer.load(UInt32.self, at: 0)
    let registrationCount = answer.load(UInt32.self, at: 4)
    let probe = try ring.memory(16 + 256 * 8)
    try expect(ring.register(8, probe, count: 256) >= 0, "the probe fails")
    let last = UInt32(probe.load(UInt8.self, at: 0))
    try expect(last + 1 == requestCount, "the probe ends with \(last), not \(requestCount - 1)")
    context.note = "\(requestCount) kinds of requests, \(registrationCount) of registrations"
  }
}
