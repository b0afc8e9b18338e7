// SPDX-License-Identifier: Apache-2.0

// For people who read why a ring was refused; nothing is decided by it.
extension SetupFlags {
  /// Each flag of the set by itself, in the order of the bits.
  var parts: [SetupFlags] {
    (0..<UInt32(RawValue.bitWidth)).map { Self(rawValue: 1 << $0) }.filter(contains)
  }

  /// The kernel's name of a single flag, and the Linux that brought it.
  var kernelName: String {
    switch self {
    case .completionQueueSize: "IORING_SETUP_CQSIZE (Linux 5.5)"
    case .clamp: "IORING_SETUP_CLAMP (Linux 5.6)"
    case .startsDisabled: "IORING_SETUP_R_DISABLED (Linux 5.10)"
    case .submitAll: "IORING_SETUP_SUBMIT_ALL (Linux 5.18)"
    case .coopTaskrun: "IORING_SETUP_COOP_TASKRUN (Linux 5.19)"
    case .taskrunFlag: "IORING_SETUP_TASKRUN_FLAG (Linux 5.19)"
    case .singleIssuer: "IORING_SETUP_SINGLE_ISSUER (Linux 6.0)"
    case .deferTaskrun: "IORING_SETUP_DEFER_TASKRUN (Linux 6.1)"
    default: "IORING_SETUP flag 0x\(String(rawValue, radix: 16))"
    }
  }
}
