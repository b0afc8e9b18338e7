// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing

@testable import Uring

@Suite struct KernelFeaturesTests {
  private static let everything = KernelFeatures(KernelFeature.allCases)

  @Test func isASet() {
    var set: KernelFeatures = [.bufferRing, .query]
    #expect(set.contains(.query))
    #expect(!set.contains(.noDrop))
    set.insert(.noDrop)
    set.insert(.noDrop)
    #expect(set.all == [.noDrop, .bufferRing, .query])
    #expect(set.subtracting([.query, .bind]).all == [.noDrop, .bufferRing])
    #expect(set.description == "noDrop,bufferRing,query")
    #expect(Self.everything.all == KernelFeature.allCases)
    #expect(KernelFeature.allCases.count <= 64)
  }

  @Test(arguments: KernelFeature.allCases)
  func knowsHowToFindOut(_ feature: KernelFeature) {
    if case .opcode(let opcode) = feature.evidence { #expect(opcode > 0) }
    let parts = feature.introducedIn.split(separator: ".").compactMap { Int($0) }
    #expect(parts.count == 2)
  }

  @Test func leavesNothingMissingWhereAllIsThere() throws {
    try Self.everything.requireForLoop()
    try KernelFeatures.requiredByLoop.requireForLoop()
  }

  @Test(arguments: KernelFeatures.requiredByLoop.all)
  func namesWhatIsMissing(_ feature: KernelFeature) {
    let missing = "\(feature.rawValue) (Linux \(feature.introducedIn))"
    let refusal = RingSetupError(
      errno: .notSupported, reason: .kernelTooOld(missing: missing))
    #expect(throws: refusal) {
      try Self.everything.subtracting([feature]).requireForLoop()
    }
  }

  @Test func namesAllThatIsMissing() {
    let refusal = RingSetupError(
      errno: .notSupported,
      reason: .kernelTooOld(missing: "fastPoll (Linux 5.7), accept (Linux 5.5)"))
    #expect(throws: refusal) {
      try Self.everything.subtracting([.fastPoll, .accept, .deferTaskrun]).requireForLoop()
    }
  }

  @Test func tellsTheTier() {
    let all = Self.everything
    #expect(all.tier == .full)
    for feature in [KernelFeature.singleIssuer, .deferTaskrun, .receiveMultishot] {
      #expect(all.subtracting([feature]).tier == .degraded)
    }
    for feature in [KernelFeature.bufferRing, .acceptMultishot] {
      #expect(all.subtracting([feature]).tier == .oneShot)
    }
    #expect(KernelFeatures.requiredByLoop.tier == .oneShot)
    #expect(KernelTier.oneShot < .degraded)
    #expect(KernelTier.degraded < .full)
  }

  @Test func refusesToHideWhatIsNoFeature() {
    #expect(throws: Never.self) {
      try KernelFeatures.requireKnownNames(in: "deferTaskrun, tier:one-shot")
    }
    let error = #expect(throws: RingSetupError.self) {
      try KernelFeatures.requireKnownNames(in: "deferTaskrun,bufferrings,tier:1")
    }
    #expect(
      error?.description.hasPrefix(
        "the configuration is refused: SWIFT_URING_HIDE is bufferrings,tier:1; it must be ") == true
    )
  }
}
