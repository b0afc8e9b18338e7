// SPDX-License-Identifier: Apache-2.0

/// How much of io_uring a kernel has, in three steps that a loop can be built for.
public enum KernelTier: Int, Comparable, CaseIterable, Sendable {
  /// Each request completes once; memory for receives is chosen in advance.
  ///
  /// Linux 5.13 to 5.18.
  case oneShot
  /// Accepts stay armed and receives choose their buffer late, but task work interrupts.
  ///
  /// Linux 5.19 and 6.0.
  case degraded
  /// Everything that the library is designed around.
  ///
  /// Linux 6.1 and later.
  case full

  /// Tells the tier by what a kernel can do.
  public init(_ features: KernelFeatures) {
    let lacksAny = { (needed: KernelFeatures) in needed.subtracting(features) != [] }
    if lacksAny([.bufferRing, .acceptMultishot]) {
      self = .oneShot
    } else if lacksAny([.singleIssuer, .deferTaskrun, .receiveMultishot]) {
      self = .degraded
    } else {
      self = .full
    }
  }

  /// Whether one tier has less than another.
  public static func < (left: Self, right: Self) -> Bool {
    left.rawValue < right.rawValue
  }
}

extension KernelFeatures {
  /// The tier that these features make.
  public var tier: KernelTier { KernelTier(self) }
}

extension KernelTier {
  /// The name by which `SWIFT_URING_HIDE` asks for a tier.
  init?(hidingName: String) {
    switch hidingName {
    case "tier:full": self = .full
    case "tier:degraded": self = .degraded
    case "tier:one-shot": self = .oneShot
    default: return nil
    }
  }

  /// Features of the tier's oldest kernel; all for the full tier.
  package var features: KernelFeatures {
    KernelFeatures(KernelFeature.allCases).subtracting(KernelFeatures(missing))
  }

  /// Features that the tier's oldest kernel lacks; none for the full tier.
  var missing: [KernelFeature] {
    switch self {
    case .full: []
    case .degraded: KernelFeature.allCases.filter { $0.isNewer(than: (5, 19)) }
    case .oneShot: KernelFeature.allCases.filter { $0.isNewer(than: (5, 13)) }
    }
  }
}

extension KernelFeature {
  /// Whether a kernel is too old to have the feature; for hiding, never for deciding.
  fileprivate func isNewer(than version: (major: Int, minor: Int)) -> Bool {
    let parts = introducedIn.split(separator: ".").compactMap { Int($0) }
    return (parts[0], parts[1]) > (version.major, version.minor)
  }
}
