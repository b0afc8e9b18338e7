// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import Testing

@testable import Uring

@Suite struct DiscoveryTests {
  @Test(.needs(.query))
  func findsTheSameByQueryAndByTrial() throws {
    let listed = try #require(KernelFeatures.askByQuery())
    let tried = try KernelFeatures.askByTrial()
    #expect(listed.subtracting(tried).all == [])
    #expect(tried.subtracting(listed).all == [])
  }

  @Test func runsOnThisKernel() throws {
    let features = try KernelFeatures.discover()
    try features.requireForLoop()
    #expect(try KernelFeatures.discover() == features)
  }

  @Test func readsTheNamesOfHiddenFeatures() {
    let (features, unknown) = KernelFeatures.parse("deferTaskrun, bufferRing,,bogus")
    #expect(features == [.deferTaskrun, .bufferRing, .incrementalBuffers])
    #expect(KernelFeatures.parse("singleIssuer").features == [.singleIssuer, .deferTaskrun])
    #expect(unknown == ["bogus"])
    #expect(KernelFeatures.parse("").features == [])
  }

  @Test func hidesWhatATierLacks() {
    let degraded = KernelFeatures.parse("tier:degraded")
    let oneShot = KernelFeatures.parse("tier:one-shot")
    let all = KernelFeatures(KernelFeature.allCases)
    #expect(degraded.unknown == [] && oneShot.unknown == [])
    #expect(all.subtracting(degraded.features).tier == .degraded)
    #expect(all.subtracting(oneShot.features).tier == .oneShot)
    #expect(KernelFeatures.parse("tier:full").features == [])
    #expect(KernelFeatures.requiredByLoop.subtracting(oneShot.features) == .requiredByLoop)
  }

  @Test func lowersSetupFlags() {
    let best = SetupFlags.ladder[0]
    #expect(best.hiding([]) == best)
    #expect(best.hiding([.deferTaskrun]).isDisjoint(with: [.deferTaskrun, .taskrunFlag]))
    #expect(best.hiding([.singleIssuer]).isDisjoint(with: [.singleIssuer, .deferTaskrun]))
    #expect(best.hiding([.taskrunFlag]).contains(.deferTaskrun))
    #expect(best.hiding([.bufferRing, .noDrop]) == best)
    let ladder = RingConfiguration().hiding([.submitAll, .singleIssuer, .coopTaskrun]).flagLadder
    #expect(ladder == [[.completionQueueSize, .clamp]])
  }

  @Test(.needs(.submitAll)) func aRingLacksWhatIsHidden() throws {
    var ring = try Ring.small(hiding: [
      .deferTaskrun, .noIOWait, .bufferRing, .directDescriptors,
    ])
    #expect(!ring.flags.contains(.deferTaskrun))
    #expect(ring.flags.contains(.submitAll))
    #expect(!ring.features.contains(.noIOWait))
    #expect(ring.features.contains(.noDrop))
    #expect(throws: Errno.invalidArgument) { try ring.makeDirectTable(capacity: 1) }
    try ring.submit(.nop)
    #expect(try ring.next().count == 1)
  }

  @Test(arguments: SetupFlags.ladder)
  func worksOnEveryRungOfTheLadder(_ flags: SetupFlags) throws {
    try skipUnlessTaken(flags)
    let configuration = RingConfiguration(submissionEntryCount: 4, flagLadder: [flags])
    var ring = try Ring(configuration, hiding: [])
    #expect(ring.flags == flags)
    try ring.submit(.nop)
    #expect(try ring.next().count == 1)
  }

  @Test func theEnvironmentHidesFeatures() async {
    await #expect(processExitsWith: .success) {
      unsafe setenv(KernelFeatures.hidingVariable, "query,singleIssuer,receiveMultishot", 1)
      let features = try KernelFeatures.discover()
      #expect(!features.contains(.query))
      #expect(!features.contains(.receiveMultishot))
      #expect(!features.contains(.deferTaskrun), "needs singleIssuer")
      #expect(features.tier < .full)
      let ring = try Ring()
      #expect(ring.flags.isDisjoint(with: [.singleIssuer, .deferTaskrun]))
    }
  }

  @Test func theEnvironmentNamesOnlyFeatures() async {
    await #expect(processExitsWith: .failure) {
      unsafe setenv(KernelFeatures.hidingVariable, "deferTaskrum", 1)
      _ = try KernelFeatures.discover()
    }
  }
}
