// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Features that the library behaves as if the kernel did not have them.
///
/// `SWIFT_URING_HIDE` names them, separated by commas, so that an application can be tested as on
/// an older kernel; `tier:degraded` and `tier:one-shot` stand for all that the oldest kernel of the
/// tier lacks. It is read once.
extension KernelFeatures {
  /// The environment variable that names hidden features.
  public static let hidingVariable = "SWIFT_URING_HIDE"

  /// Features that the environment hides.
  public static let hiddenByEnvironment: Self = parse(environment).features

  private static let environment: String =
    unsafe getenv(hidingVariable).map { unsafe String(cString: $0) } ?? ""

  /// Refuses an environment that names what is no feature: the program would run on another tier
  /// than meant.
  ///
  /// - Throws: ``RingSetupError`` with ``RingSetupError/Reason/badConfiguration(field:value:rule:)``.
  static func requireKnownNames(
    in list: String? = nil
  ) throws(RingSetupError) {
    let unknown = parse(list ?? environment).unknown
    guard !unknown.isEmpty else { return }
    throw .badConfiguration(
      hidingVariable, unknown.joined(separator: ","),
      rule: "cases of KernelFeature, tier:degraded or tier:one-shot, with commas between")
  }

  /// Reads a list of names.
  ///
  /// - Returns: The features, with those that need them, and the names that are none.
  static func parse(_ list: String) -> (features: Self, unknown: [String]) {
    let names = list.split(whereSeparator: { $0 == "," || $0.isWhitespace }).map(String.init)
    let tiers = names.compactMap(KernelTier.init(hidingName:))
    var features = Self(names.compactMap(KernelFeature.init(rawValue:)))
    for tier in tiers { tier.missing.forEach { features.insert($0) } }
    // Buffers are filled in pieces where they are in a ring only.
    if features.contains(.bufferRing) { features.insert(.incrementalBuffers) }
    // DEFER_TASKRUN needs SINGLE_ISSUER (io_uring_setup(2)).
    if features.contains(.singleIssuer) { features.insert(.deferTaskrun) }
    let isUnknown = { KernelFeature(rawValue: $0) == nil && KernelTier(hidingName: $0) == nil }
    return (features, names.filter(isUnknown))
  }

  /// The set-up flags that these features stand for.
  var setupFlags: SetupFlags {
    var flags: SetupFlags = []
    for feature in all {
      if case .setupFlag(let flag) = feature.evidence { flags.formUnion(flag) }
    }
    return flags
  }

  /// The bits of `io_uring_params.features` that these features stand for.
  var ringFeatures: RingFeatures {
    var bits: RingFeatures = []
    for feature in all {
      if case .featureBit(let bit) = feature.evidence { bits.formUnion(bit) }
    }
    return bits
  }
}

extension SetupFlags {
  /// The same flags without hidden ones, still a set that io_uring_setup(2) takes.
  func hiding(_ hidden: KernelFeatures) -> Self {
    var flags = subtracting(hidden.setupFlags)
    // What io_uring_setup(2) asks: DEFER_TASKRUN needs SINGLE_ISSUER, and TASKRUN_FLAG one of the
    // two ways to put task work off.
    if !flags.contains(.singleIssuer) { flags.remove(.deferTaskrun) }
    if flags.isDisjoint(with: [.coopTaskrun, .deferTaskrun]) { flags.remove(.taskrunFlag) }
    return flags
  }
}
