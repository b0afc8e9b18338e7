// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing

@testable import Uring

/// What each errno of io_uring_setup(2) means under each set of circumstances.
@Suite struct DiagnosisTests {
  private static let plain = SetupCircumstances(
    sysctlLevel: 0, hasSeccompFilter: false, lockedMemoryByteCount: nil)
  private static let before66 = SetupCircumstances(
    sysctlLevel: nil, hasSeccompFilter: false, lockedMemoryByteCount: nil)
  private static let filtered = SetupCircumstances(
    sysctlLevel: 0, hasSeccompFilter: true, lockedMemoryByteCount: nil)
  private static let disabled = SetupCircumstances(
    sysctlLevel: 2, hasSeccompFilter: true, lockedMemoryByteCount: nil)
  private static let groupOnly = SetupCircumstances(
    sysctlLevel: 1, hasSeccompFilter: false, lockedMemoryByteCount: 65536)
  private static let locked = SetupCircumstances(
    sysctlLevel: 0, hasSeccompFilter: true, lockedMemoryByteCount: 65536)

  typealias Row = (errno: Errno, under: SetupCircumstances, reason: RingSetupError.Reason)
  static let table: [Row] = [
    (.notPermitted, plain, .notPermitted),
    (.notPermitted, before66, .notPermitted),
    (.notPermitted, filtered, .blockedBySeccomp),
    (.notPermitted, disabled, .disabledBySysctl(level: 2)),
    (.notPermitted, groupOnly, .disabledBySysctl(level: 1)),
    (.permissionDenied, plain, .notPermitted),
    (.permissionDenied, filtered, .blockedBySeccomp),
    (.noFunction, plain, .notImplemented),
    (.noFunction, disabled, .blockedBySeccomp),
    (.noFunction, filtered, .blockedBySeccomp),
    (.noMemory, plain, .outOfMemory),
    (.noMemory, filtered, .outOfMemory),
    (.noMemory, locked, .lockedMemoryLimit(byteCount: 65536)),
    (.tooManyOpenFiles, plain, .descriptorLimit),
    (.tooManyOpenFilesInSystem, locked, .descriptorLimit),
    (.resourceTemporarilyUnavailable, plain, .threadLimit),
    (.invalidArgument, plain, .invalidConfiguration),
    (.invalidArgument, disabled, .invalidConfiguration),
    (.badAddress, locked, .other),
  ]

  @Test(arguments: table)
  func namesTheReason(_ row: Row) {
    let error = RingSetupError.diagnose(row.errno, under: row.under)
    #expect(error == RingSetupError(errno: row.errno, reason: row.reason))
  }

  static let advice: [(RingSetupError.Reason, String)] = [
    (.disabledBySysctl(level: 2), "kernel.io_uring_disabled is 2"),
    (.blockedBySeccomp, "seccomp"), (.notPermitted, "security module"),
    (.notImplemented, "without io_uring"), (.kernelTooOld(missing: "fastPoll"), "lacks fastPoll"),
    (.lockedMemoryLimit(byteCount: 65536), "65536 bytes"),
    (.outOfMemory, "RingConfiguration"),
    (.bufferMemory(byteCount: 7), "LoopConfiguration.bufferSize"),
    (.threadLimit, "RLIMIT_NPROC"), (.descriptorLimit, "RLIMIT_NOFILE"),
    (.invalidConfiguration, "RingConfiguration.flagLadder"),
    (.other, "no known cause"),
  ]

  @Test(arguments: advice)
  func saysWhatToDo(_ reason: RingSetupError.Reason, _ advice: String) {
    let message = RingSetupError(errno: .notPermitted, reason: reason).description
    #expect(message.contains("Operation not permitted (1)"))
    #expect(message.contains(advice))
    #expect(!message.contains("\n"))
  }

  @Test func tellsTheSystemsFilesFromTheProcesss() {
    let error = RingSetupError(errno: .tooManyOpenFilesInSystem, reason: .descriptorLimit)
    #expect(error.description.contains("fs.file-max"))
    #expect(!error.description.contains("RLIMIT_NOFILE"))
  }

  @Test func tellsTheBuffersMemoryFromTheRings() {
    let error = RingSetupError.diagnoseBuffers(.noMemory, bufferCount: 4, bufferSize: 1 << 20)
    #expect(error.reason == .bufferMemory(byteCount: 4 << 20))
    let other = RingSetupError.diagnoseBuffers(.tooManyOpenFiles, bufferCount: 4, bufferSize: 1)
    #expect(other.reason == .descriptorLimit)
  }

  @Test func seesThisMachine() {
    let circumstances = SetupCircumstances.current
    #expect(circumstances.lockedMemoryByteCount != 0)
    if let level = circumstances.sysctlLevel { #expect((0...2).contains(level)) }
  }
}
