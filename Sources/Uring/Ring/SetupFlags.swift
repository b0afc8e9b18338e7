// SPDX-License-Identifier: Apache-2.0

internal import CLiburing

/// How a ring is set up.
///
/// The corresponding C names are `IORING_SETUP_…`.
public struct SetupFlags: OptionSet, Hashable, Sendable {
  /// The kernel's bits.
  public var rawValue: UInt32

  /// Wraps the kernel's bits.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// The completion queue's size is given.
  ///
  /// Linux 5.5.
  public static let completionQueueSize = Self(rawValue: CURING_SETUP_CQSIZE)
  /// Sizes above the kernel's limit are lowered to it.
  ///
  /// Linux 5.6.
  public static let clamp = Self(rawValue: CURING_SETUP_CLAMP)
  /// The ring takes no requests until it is enabled.
  ///
  /// Linux 5.10.
  public static let startsDisabled = Self(rawValue: CURING_SETUP_R_DISABLED)
  /// A bad request does not stop the ones behind it from being submitted.
  ///
  /// Linux 5.18.
  public static let submitAll = Self(rawValue: CURING_SETUP_SUBMIT_ALL)
  /// Task work waits for a transition into the kernel instead of interrupting.
  ///
  /// Linux 5.19.
  public static let coopTaskrun = Self(rawValue: CURING_SETUP_COOP_TASKRUN)
  /// The ring tells when task work is pending.
  ///
  /// Linux 5.19.
  public static let taskrunFlag = Self(rawValue: CURING_SETUP_TASKRUN_FLAG)
  /// Only one thread submits.
  ///
  /// Linux 6.0.
  public static let singleIssuer = Self(rawValue: CURING_SETUP_SINGLE_ISSUER)
  /// Task work runs only when the owner waits for completions.
  ///
  /// Linux 6.1.
  public static let deferTaskrun = Self(rawValue: CURING_SETUP_DEFER_TASKRUN)

  /// The sets that are tried in turn, best first, until the kernel takes one: its answer to
  /// io_uring_setup(2), never its version, tells what it knows.
  public static let ladder: [SetupFlags] = [
    [.completionQueueSize, .clamp, .submitAll, .singleIssuer, .deferTaskrun, .taskrunFlag],
    [.completionQueueSize, .clamp, .submitAll, .singleIssuer, .coopTaskrun, .taskrunFlag],
    [.completionQueueSize, .clamp, .submitAll, .coopTaskrun, .taskrunFlag],
    [.completionQueueSize, .clamp, .submitAll],
    [.completionQueueSize, .clamp],
  ]
}
