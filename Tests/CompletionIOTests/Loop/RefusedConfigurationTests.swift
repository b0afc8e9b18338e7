// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Glibc
import SystemPackage
import TestSupport
import Testing
import Uring

/// Configurations that no loop can be made of: refused by the name of the field.
@Suite("Refused configurations", .timeLimit(.minutes(3)))
struct RefusedConfigurationTests {
  struct Mistake: Sendable, CustomTestStringConvertible {
    var field: String
    var value: String
    var make: @Sendable (inout LoopConfiguration) -> Void

    init(
      _ field: String, _ value: String,
      _ make: @escaping @Sendable (inout LoopConfiguration) -> Void
    ) {
      self.field = field
      self.value = value
      self.make = make
    }

    var testDescription: String { "\(field) = \(value)" }
  }

  static let mistakes: [Mistake] = [
    Mistake("LoopConfiguration.flightLimit", "0") { $0.flightLimit = 0 },
    Mistake("LoopConfiguration.flightLimit", "1") { $0.flightLimit = 1 },
    Mistake("LoopConfiguration.flightLimit", "-1") { $0.flightLimit = -1 },
    Mistake("LoopConfiguration.flightLimit", "16777216") { $0.flightLimit = Token.slotLimit },
    Mistake("LoopConfiguration.bufferCount", "0") { $0.bufferCount = 0 },
    Mistake("LoopConfiguration.bufferCount", "100") { $0.bufferCount = 100 },
    Mistake("LoopConfiguration.bufferCount", "65536") { $0.bufferCount = 65536 },
    Mistake("LoopConfiguration.bufferCount", "\(Int.min)") { $0.bufferCount = .min },
    Mistake("LoopConfiguration.bufferSize", "0") { $0.bufferSize = 0 },
    Mistake("LoopConfiguration.bufferSize", "2147483648") { $0.bufferSize = 1 << 31 },
    Mistake("LoopConfiguration.incrementalBufferSize", "0") { $0.incrementalBufferSize = 0 },
    Mistake("LoopConfiguration.incrementalBufferSize", "2147483648") {
      $0.incrementalBufferSize = 1 << 31
    },
    Mistake("LoopConfiguration.unclaimedByteLimit", "-1") { $0.unclaimedByteLimit = -1 },
    Mistake("LoopConfiguration.unsentByteLimit", "-1") { $0.unsentByteLimit = -1 },
    Mistake("LoopConfiguration.sendByteLimit", "0") { $0.sendByteLimit = 0 },
    Mistake("LoopConfiguration.sendByteLimit", "-1") { $0.sendByteLimit = -1 },
    Mistake("LoopConfiguration.sendByteLimit", "1073741825") { $0.sendByteLimit = 1 << 30 + 1 },
    Mistake("LoopConfiguration.drainTimeLimit", "-1.0 seconds") {
      $0.drainTimeLimit = .seconds(-1)
    },
    Mistake("LoopConfiguration.unclaimedConnectionLimit", "0") { $0.unclaimedConnectionLimit = 0 },
    Mistake("LoopConfiguration.directDescriptorCount", "\(UInt32.max)") {
      $0.directDescriptorCount = .max
    },
    Mistake("RingConfiguration.submissionEntryCount", "0") { $0.ring.submissionEntryCount = 0 },
    Mistake("RingConfiguration.completionEntryCount", "0") { $0.ring.completionEntryCount = 0 },
    Mistake("RingConfiguration.flagLadder", "empty") { $0.ring.flagLadder = [] },
  ]

  @Test("Each names its field and its value", arguments: mistakes)
  func isRefused(_ mistake: Mistake) throws {
    if mistake.field.hasSuffix("directDescriptorCount"),
      !kernelFeatures.contains(.directDescriptors)
    {
      return
    }
    var configuration = LoopConfiguration()
    configuration.bufferCount = 4
    mistake.make(&configuration)
    let error = #expect(throws: RingSetupError.self) {
      _ = try CompletionLoopGroup(count: 1, configuration: configuration)
    }
    guard case .badConfiguration(mistake.field, mistake.value, _) = error?.reason else {
      Issue.record("\(error.map { "\($0)" } ?? "nothing")")
      return
    }
  }

  @Test(
    "A thread that cannot be made says so", .enabled(if: geteuid() == 0, "becomes another user"))
  func noThread() async {
    await #expect(processExitsWith: .success) {
      var limit = rlimit(rlim_cur: 0, rlim_max: 0)
      let processes = __rlimit_resource_t(6)  // RLIMIT_NPROC, a macro that is not imported.
      guard unsafe setrlimit(processes, &limit) == 0, setuid(65534) == 0 else {
        fatalError("cannot become another user")
      }
      #expect(throws: RingSetupError(errno: .resourceTemporarilyUnavailable, reason: .threadLimit))
      {
        _ = try CompletionLoopGroup(count: 1)
      }
    }
  }
}
