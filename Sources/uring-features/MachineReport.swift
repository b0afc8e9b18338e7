// SPDX-License-Identifier: Apache-2.0

import KernelChecks
import SystemPackage
import Uring

/// The head of a report.
struct MachineReport {
  let features: KernelFeatures
  /// `nil` where a loop cannot be made; ``refusal`` says why.
  let tier: KernelTier?
  let refusal: RingSetupError?

  /// Looks at the running kernel.
  ///
  /// - Throws: ``RingSetupError`` where no ring can be made.
  init() throws(RingSetupError) {
    // The features may be listed where rings are refused, so a ring is asked for as well.
    _ = try Ring(RingConfiguration(submissionEntryCount: 8, completionEntryCount: 16))
    features = try KernelFeatures.discover()
    do throws(RingSetupError) {
      try features.requireForLoop()
      tier = features.tier
      refusal = nil
    } catch {
      tier = nil
      refusal = error
    }
  }

  var text: String {
    var lines = [
      "kernel    \(Machine.kernelRelease)",
      "liburing  \(Machine.liburingVersion)",
      "tier      \(tier?.name ?? "none")",
      "found by  \(features.contains(.query) ? "IORING_REGISTER_QUERY" : "probe and trial")",
    ]
    let hidden = KernelFeatures.hiddenByEnvironment
    if !hidden.all.isEmpty { lines.append("hidden    \(hidden)") }
    if let refusal { lines.append("refused   \(refusal)") }
    return lines.joined(separator: "\n") + "\n"
  }

  var json: [(name: String, value: JSON)] {
    [
      ("kernel", .string(Machine.kernelRelease)),
      ("liburing", .string(Machine.liburingVersion)),
      ("tier", JSON(tier?.name)),
      ("hidden", .array(KernelFeatures.hiddenByEnvironment.all.map { .string($0.rawValue) })),
      ("features", .array(features.all.map { .string($0.rawValue) })),
      ("refusal", JSON(refusal?.description)),
    ]
  }
}

/// A report where there is no ring.
struct RefusalReport {
  private let error: RingSetupError

  init(_ error: RingSetupError) {
    self.error = error
  }

  var text: String {
    """
    kernel    \(Machine.kernelRelease)
    liburing  \(Machine.liburingVersion)
    tier      none
    refused   \(error.errno) (\(error.errno.rawValue))
    to do     \(error.advice)

    """
  }

  var json: JSON {
    .object([
      ("kernel", .string(Machine.kernelRelease)),
      ("liburing", .string(Machine.liburingVersion)),
      ("tier", .null),
      ("refusal", .string(error.description)),
      ("advice", .string(error.advice)),
      ("checks", .array([])),
    ])
  }
}

extension KernelTier {
  /// The name that the command line takes.
  var name: String {
    switch self {
    case .oneShot: "one-shot"
    case .degraded: "degraded"
    case .full: "full"
    }
  }
}
