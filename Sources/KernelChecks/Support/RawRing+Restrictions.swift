// SPDX-License-Identifier: Apache-2.0

internal import Uring

/// A line of a ring's list of what is allowed.
struct RawRestriction {
  let kind: UInt16
  let operation: UInt8

  /// IORING_RESTRICTION_REGISTER_OP.
  static func registration(_ opcode: UInt8) -> Self { Self(kind: 0, operation: opcode) }
  /// IORING_RESTRICTION_SQE_OP.
  static func request(_ opcode: UInt8) -> Self { Self(kind: 1, operation: opcode) }
  /// IORING_RESTRICTION_SQE_FLAGS_ALLOWED.
  static func flags(_ bits: UInt8) -> Self { Self(kind: 2, operation: bits) }
}

extension RawRing {
  /// IORING_REGISTER_RESTRICTIONS; its result or a negated errno.
  func tryRestrict(_ list: [RawRestriction]) throws(Finding) -> Int32 {
    let memory = try memory(list.count * 16)
    for (index, line) in list.enumerated() {
      memory.store(line.kind, at: index * 16)
      memory.store(line.operation, at: index * 16 + 2)
    }
    return register(11, memory, count: UInt32(list.count))
  }

  /// Limits the ring to what is on a list.
  func restrict(_ list: [RawRestriction]) throws(Finding) {
    try requireRegistration("IORING_REGISTER_RESTRICTIONS", tryRestrict(list))
  }

  /// IORING_REGISTER_ENABLE_RINGS.
  func enable() throws(Finding) {
    try requireRegistration("IORING_REGISTER_ENABLE_RINGS", register(12))
  }
}

extension CheckContext {
  /// A ring that takes no requests yet.
  func disabledRing() throws(Finding) -> RawRing {
    try ring(flags: SetupFlags.usual.union(.startsDisabled))
  }
}
