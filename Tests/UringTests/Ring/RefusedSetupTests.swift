// SPDX-License-Identifier: Apache-2.0

import CLiburing
import CSeccomp
import Glibc
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Uring

/// Rings that cannot be made, each refused by the kernel in a child process.
@Suite struct RefusedSetupTests {
  private static var isRoot: Bool { geteuid() == 0 }

  /// Whether a ring counts as locked memory (Linux 6.14, and those before 5.12): asked on a thread
  /// that gives up CAP_IPC_LOCK, which lifts the limit for all the others.
  private static let chargesRings: Bool = {
    let lockedMemory = __rlimit_resource_t(8)  // RLIMIT_MEMLOCK, a macro that is not imported.
    let answer = Mutex<RingSetupError?>(nil)
    try? onOtherThread {
      guard curing_drop_lock_capability() == 0 else { return }
      var before = rlimit()
      guard unsafe getrlimit(lockedMemory, &before) == 0 else { return }
      var lowered = rlimit(rlim_cur: 65536, rlim_max: before.rlim_max)
      guard unsafe setrlimit(lockedMemory, &lowered) == 0 else { return }
      defer { unsafe setrlimit(lockedMemory, &before) }
      do throws(RingSetupError) {
        _ = try Ring(RingConfiguration(submissionEntryCount: 4096, completionEntryCount: 65536))
      } catch {
        answer.withLock { $0 = error }
      }
    }
    return answer.withLock { $0 } != nil
  }()

  @Test func tooManyOpenFiles() async {
    await #expect(processExitsWith: .success) {
      // What is open stays open; no number is left for anything new.
      var limit = rlimit(rlim_cur: 0, rlim_max: 0)
      #expect(unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
      #expect(throws: RingSetupError(errno: .tooManyOpenFiles, reason: .descriptorLimit)) {
        _ = try Ring()
      }
    }
  }

  @Test(
    .enabled(if: isRoot, "becomes another user"),
    .enabled(if: chargesRings, "this kernel does not charge rings to locked memory"))
  func lockedMemoryIsUsedUp() async {
    await #expect(processExitsWith: .success) {
      let lockedMemory = __rlimit_resource_t(8)  // RLIMIT_MEMLOCK, a macro that is not imported.
      var limit = rlimit(rlim_cur: 65536, rlim_max: 65536)
      #expect(unsafe setrlimit(lockedMemory, &limit) == 0)
      #expect(SetupCircumstances.current.lockedMemoryByteCount == nil, "CAP_IPC_LOCK lifts it")
      #expect(setuid(65534) == 0)
      #expect(SetupCircumstances.current.lockedMemoryByteCount == 65536)
      let large = RingConfiguration(submissionEntryCount: 4096, completionEntryCount: 65536)
      let refusal = RingSetupError(
        errno: .noMemory, reason: .lockedMemoryLimit(byteCount: 65536))
      #expect(throws: refusal) { _ = try Ring(large) }
      // The advice is true: smaller queues fit.
      let small = RingConfiguration(submissionEntryCount: 8, completionEntryCount: 16)
      #expect(throws: Never.self) { _ = try Ring(small) }
    }
  }

  @Test func seccompAnswersNotPermitted() async {
    await #expect(processExitsWith: .success) {
      #expect(cseccomp_refuse_io_uring(EPERM) == 0)
      #expect(throws: RingSetupError(errno: .notPermitted, reason: .blockedBySeccomp)) {
        _ = try Ring()
      }
      // The query needs no ring, so the features are known all the same; a trial is refused.
      #expect(throws: RingSetupError.self) { _ = try KernelFeatures.askByTrial() }
    }
  }

  @Test func seccompAnswersNoSuchCall() async {
    await #expect(processExitsWith: .success) {
      #expect(cseccomp_refuse_io_uring(ENOSYS) == 0)
      #expect(throws: RingSetupError(errno: .noFunction, reason: .blockedBySeccomp)) {
        _ = try Ring()
      }
    }
  }

  @Test func flagsThatNoKernelKnows() {
    let future = SetupFlags(rawValue: 1 << 31)
    let configuration = RingConfiguration(flagLadder: [future.union(.clamp), future])
    let refusal = RingSetupError(
      errno: .invalidArgument, reason: .kernelTooOld(missing: "IORING_SETUP flag 0x80000000"))
    #expect(throws: refusal) { _ = try Ring(configuration) }
  }

  typealias Sizes = (submissions: UInt32, completions: UInt32, field: String, rule: String)
  static let refusedSizes: [Sizes] = [
    (0, 16, "submissionEntryCount", "from 1 to 32768"),
    (1, 0, "completionEntryCount", "from 1, the submission queue's size, to 65536"),
    (33, 32, "completionEntryCount", "from 64, the submission queue's size, to 65536"),
    (64, 4, "completionEntryCount", "from 64, the submission queue's size, to 65536"),
    (.max, 8192, "completionEntryCount", "from 32768, the submission queue's size, to 65536"),
  ]

  @Test(arguments: refusedSizes)
  func sizesThatNoRingHas(_ sizes: Sizes) {
    let configuration = RingConfiguration(
      submissionEntryCount: sizes.submissions, completionEntryCount: sizes.completions)
    let value = sizes.field == "submissionEntryCount" ? sizes.submissions : sizes.completions
    let refusal = RingSetupError.badConfiguration(
      "RingConfiguration.\(sizes.field)", value, rule: sizes.rule)
    #expect(throws: refusal) { _ = try Ring(configuration) }
  }

  @Test(arguments: [(1, 1), (64, 33), (64, 64), (.max, .max)] as [(UInt32, UInt32)])
  func sizesThatTheKernelRoundsOrLowers(submissions: UInt32, completions: UInt32) {
    let configuration = RingConfiguration(
      submissionEntryCount: submissions, completionEntryCount: completions)
    #expect(configuration.mistake == nil)
    #expect(throws: Never.self) { _ = try Ring(configuration) }
  }

  @Test(arguments: [(32769, 65536), (16, 65537)] as [(UInt32, UInt32)])
  func sizesThatAreNotLowered(submissions: UInt32, completions: UInt32) {
    let configuration = RingConfiguration(
      submissionEntryCount: submissions, completionEntryCount: completions,
      flagLadder: [.completionQueueSize])
    let error = #expect(throws: RingSetupError.self) { _ = try Ring(configuration) }
    #expect(error == configuration.mistake)
    #expect(error != nil)
  }

  @Test func noFlagsToTry() {
    let refusal = RingSetupError.badConfiguration(
      "RingConfiguration.flagLadder", "empty", rule: "one set of flags or more")
    #expect(throws: refusal) { _ = try Ring(RingConfiguration(flagLadder: [])) }
  }

  @Test func goesDownTheLadder() throws {
    let future = SetupFlags(rawValue: 1 << 31)
    let configuration = RingConfiguration(
      completionEntryCount: 512, flagLadder: [future, [.completionQueueSize, .clamp]])
    let ring = try Ring(configuration, hiding: [])
    #expect(ring.flags == [.completionQueueSize, .clamp])
  }
}
