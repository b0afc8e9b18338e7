// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import TestSupport
import Testing

@testable import Uring

/// The documentation shows what a program is told.
@Suite struct RefusalTextTests {
  private static let page: String? = {
    let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    let path = FilePath("/\(root)/Sources/CompletionIO/CompletionIO.docc/Refusals.md")
    guard let file = try? FileDescriptor.open(path, .readOnly, options: .closeOnExec) else {
      return nil
    }
    defer { try? file.close() }
    return (try? file.readBytes(65536)).map { String(decoding: $0, as: UTF8.self) }
  }()

  static let refusals = [
    RingSetupError(errno: .notPermitted, reason: .disabledBySysctl(level: 2)),
    RingSetupError(errno: .notPermitted, reason: .blockedBySeccomp),
    RingSetupError(errno: .noFunction, reason: .blockedBySeccomp),
    RingSetupError(errno: .noMemory, reason: .lockedMemoryLimit(byteCount: 65536)),
    RingSetupError(errno: .tooManyOpenFiles, reason: .descriptorLimit),
    RingSetupError(
      errno: .invalidArgument,
      reason: .kernelTooOld(
        missing: [SetupFlags.completionQueueSize, .clamp].map(\.kernelName)
          .joined(separator: ", "))),
    RingSetupError(
      errno: .notSupported, reason: .kernelTooOld(missing: "extendedArgument (Linux 5.11)")),
    RingSetupError(errno: .invalidArgument, reason: .restrictionLacks([.read, .cancel])),
    .badConfiguration(
      "LoopConfiguration.bufferCount", 100, rule: "a power of two from 1 to 32768"),
    .badConfiguration("RingConfiguration.submissionEntryCount", 0, rule: "from 1 to 32768"),
    .diagnoseBuffers(.noMemory, bufferCount: 32768, bufferSize: Int(Int32.max)),
    .diagnose(.resourceTemporarilyUnavailable),
  ]

  @Test(.enabled(if: page != nil, "the source tree is not here"), arguments: refusals)
  func isInTheDocumentation(_ refusal: RingSetupError) throws {
    let page = try #require(Self.page)
    #expect(page.contains("| \(refusal) |\n"))
  }

  @Test(arguments: SetupFlags.ladder.flatMap(\.parts) + [.startsDisabled])
  func everyFlagOfTheLadderHasAName(_ flag: SetupFlags) {
    #expect(flag.parts == [flag])
    #expect(flag.kernelName.contains("(Linux "))
  }
}
