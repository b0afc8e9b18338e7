// SPDX-License-Identifier: Apache-2.0

import CSeccomp
import Glibc
import Synchronization
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// Which kernel loops get.
@Suite("The choice of the kernel") struct KernelChoiceTests {
  @Test func theEnvironmentDecidesByName() throws {
    #expect(try KernelChoice.automatic.overridden(by: "ring") == .ring)
    #expect(try KernelChoice.ring.overridden(by: "readiness") == .readiness)
    #expect(try KernelChoice.readiness.overridden(by: "automatic") == .automatic)
    #expect(try KernelChoice.readiness.overridden(by: "") == .readiness)
  }

  @Test func aNameThatIsNoneIsRefused() {
    let error = #expect(throws: RingSetupError.self) {
      try KernelChoice.automatic.overridden(by: "epoll")
    }
    #expect(
      error?.description == """
        the configuration is refused: SWIFT_URING_KERNEL is epoll; it must be automatic, ring or \
        readiness
        """)
  }

  @Test(arguments: [
    RingSetupError.Reason.disabledBySysctl(level: 2), .blockedBySeccomp, .notPermitted,
    .notImplemented, .kernelTooOld(missing: "x"), .lockedMemoryLimit(byteCount: 1),
  ])
  func readinessStandsInForARingThatIsRefused(_ reason: RingSetupError.Reason) {
    let error = RingSetupError(errno: .notPermitted, reason: reason)
    #expect(LoopConfiguration().mayUseReadiness(insteadOf: error))
    var direct = LoopConfiguration()
    direct.directDescriptorCount = 1
    #expect(!direct.mayUseReadiness(insteadOf: error))
  }

  @Test(arguments: [
    RingSetupError.Reason.outOfMemory, .bufferMemory(byteCount: 1), .threadLimit, .descriptorLimit,
    .invalidConfiguration, .badConfiguration(field: "x", value: "y", rule: "z"),
    .restrictionLacks([.read]), .other,
  ])
  func whatStandsInTheWayOfBothIsTold(_ reason: RingSetupError.Reason) {
    let error = RingSetupError(errno: .invalidArgument, reason: reason)
    #expect(!LoopConfiguration().mayUseReadiness(insteadOf: error))
  }

  @Test func aGroupSaysWhatItHas() async throws {
    let group = try CompletionLoopGroup(count: 2, configuration: .small)
    #expect((group.kernel == .ring) == !isOnReadiness)
    await group.close()
    let hosted = try HostedLoop(configuration: .small)
    #expect(hosted.kernel == group.kernel)
    hosted.close()
  }

  @Test(
    "Readiness makes no ring",
    .enabled(if: Self.environmentChoice == nil, "the environment chooses the kernel"))
  func readinessByChoice() async throws {
    let group = try CompletionLoopGroup(count: 2, kernel: .readiness, configuration: .small)
    #expect(group.kernel == .readiness(because: nil))
    #expect(group.kernel.description == "readiness")
    await group.close()
  }

  @Test func directDescriptorsNeedARing() {
    var configuration = LoopConfiguration.small
    configuration.directDescriptorCount = 8
    let error = #expect(throws: RingSetupError.self) {
      _ = try LoopThread.makeReadinessKernel(configuration)
    }
    #expect(error?.errno == .notSupported)
  }

  @Test(
    "Where a filter refuses rings, readiness says why",
    .enabled(if: Self.environmentChoice == nil, "the environment chooses the kernel"),
    arguments: [EPERM, ENOSYS])
  func refusedByFilter(_ error: Int32) throws {
    // A filter is its thread's, and of the threads that this one makes.
    let answers = Mutex<[LoopKernel]>([])
    let refusals = Mutex<[RingSetupError]>([])
    try onOtherThread {
      guard cseccomp_refuse_io_uring(error) == 0 else { return }
      do throws(RingSetupError) {
        let group = try CompletionLoopGroup(count: 2, configuration: .small)
        answers.withLock { $0.append(group.kernel) }
        let hosted = try HostedLoop(configuration: .small)
        answers.withLock { $0.append(hosted.kernel) }
        hosted.close()
        _ = try CompletionLoopGroup(count: 1, kernel: .ring, configuration: .small)
      } catch {
        refusals.withLock { $0.append(error) }
      }
    }
    let reason = RingSetupError(errno: Errno(rawValue: error), reason: .blockedBySeccomp)
    #expect(
      answers.withLock { $0 } == [.readiness(because: reason), .readiness(because: reason)])
    #expect(refusals.withLock { $0 } == [reason])
  }

  private static var environmentChoice: String? {
    unsafe getenv(KernelChoice.environmentVariable).map { unsafe String(cString: $0) }
  }
}

extension LoopConfiguration {
  fileprivate static var small: Self {
    var configuration = Self()
    configuration.bufferCount = 4
    return configuration
  }
}
