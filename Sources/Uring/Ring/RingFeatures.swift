// SPDX-License-Identifier: Apache-2.0

internal import CLiburing

/// Features that a ring told of when it was set up.
///
/// The corresponding C names are `IORING_FEAT_…`.
public struct RingFeatures: OptionSet, Hashable, Sendable {
  /// The kernel's bits.
  public var rawValue: UInt32

  /// Wraps the kernel's bits.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// Completions are kept when the queue is full.
  ///
  /// Linux 5.5.
  public static let noDrop = Self(rawValue: CURING_FEAT_NODROP)
  /// Memory that a request points to, except its data, is read at submission.
  ///
  /// Linux 5.5.
  public static let submitStable = Self(rawValue: CURING_FEAT_SUBMIT_STABLE)
  /// A request that would block waits for readiness inside the kernel.
  ///
  /// Linux 5.7.
  public static let fastPoll = Self(rawValue: CURING_FEAT_FAST_POLL)
  /// A wait takes a timeout.
  ///
  /// Linux 5.11.
  public static let extendedArgument = Self(rawValue: CURING_FEAT_EXT_ARG)
  /// Receives and sends can cover several provided buffers.
  ///
  /// Linux 6.10.
  public static let receiveSendBundle = Self(rawValue: CURING_FEAT_RECVSEND_BUNDLE)
  /// A wait takes a minimum time.
  ///
  /// Linux 6.12.
  public static let minimumTimeout = Self(rawValue: CURING_FEAT_MIN_TIMEOUT)
  /// A wait need not be booked as waiting for I/O.
  ///
  /// Linux 6.15.
  public static let noIOWait = Self(rawValue: CURING_FEAT_NO_IOWAIT)
}
