// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage

/// A set of kernel features, such as those of the running kernel.
public struct KernelFeatures: Hashable, Sendable {
  private var bits: UInt64 = 0

  /// Collects features.
  ///
  /// - Complexity: O(features)
  public init(_ features: some Sequence<KernelFeature>) {
    for feature in features { insert(feature) }
  }

  /// Whether a feature is in the set.
  public func contains(_ feature: KernelFeature) -> Bool {
    bits & Self.bit(feature) != 0
  }

  /// Adds a feature.
  public mutating func insert(_ feature: KernelFeature) {
    bits |= Self.bit(feature)
  }

  /// The features that are in this set and not in another.
  public func subtracting(_ other: Self) -> Self {
    var rest = self
    rest.bits &= ~other.bits
    return rest
  }

  /// The features in the set, in the order of their declaration.
  ///
  /// - Complexity: O(features)
  public var all: [KernelFeature] {
    KernelFeature.allCases.filter(contains)
  }

  /// A feature's place among all of them; there are fewer than 64.
  private static func bit(_ feature: KernelFeature) -> UInt64 {
    1 << UInt64(positions[feature, default: 63])
  }

  private static let positions = Dictionary(
    uniqueKeysWithValues: zip(KernelFeature.allCases, 0...))
}

extension KernelFeatures: ExpressibleByArrayLiteral {
  /// Collects features.
  public init(arrayLiteral elements: KernelFeature...) {
    self.init(elements)
  }
}

extension KernelFeatures: CustomStringConvertible {
  /// The names, as `SWIFT_URING_HIDE` takes them.
  public var description: String {
    all.map(\.rawValue).joined(separator: ",")
  }
}

extension KernelFeatures {
  /// Features that a completion loop cannot do without; Linux 5.11 has all of them.
  public static let requiredByLoop: Self = [
    .noDrop, .submitStable, .fastPoll, .extendedArgument, .accept, .connect, .cancel, .close,
    .read, .send, .receive,
  ]

  /// Refuses a kernel that lacks what a completion loop cannot do without.
  ///
  /// - Throws: ``RingSetupError`` with ``RingSetupError/Reason/kernelTooOld(missing:)`` and
  ///   EOPNOTSUPP.
  public func requireForLoop() throws(RingSetupError) {
    try require(Self.requiredByLoop)
  }

  /// Refuses a kernel that lacks any of some features.
  ///
  /// - Throws: ``RingSetupError`` with ``RingSetupError/Reason/kernelTooOld(missing:)`` and
  ///   EOPNOTSUPP.
  public func require(_ needed: Self) throws(RingSetupError) {
    let missing = needed.subtracting(self).all
    guard !missing.isEmpty else { return }
    let names = missing.map { "\($0.rawValue) (Linux \($0.introducedIn))" }
    throw RingSetupError(
      errno: .notSupported, reason: .kernelTooOld(missing: names.joined(separator: ", ")))
  }
}
