// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing
import Uring

@testable import FeatureProbe

@Suite("The table of features")
struct FeatureTableTests {
  @Test("Each feature has its line, and the tier follows from what is there")
  func lines() {
    let lines = FeatureTable([.accept, .bufferRing]).lines
    #expect(lines.count == KernelFeature.allCases.count + 1)
    let accept = lines.first { $0.hasPrefix("accept ") }
    #expect(accept?.hasSuffix("yes  since Linux 5.5") == true)
    let connect = lines.first { $0.hasPrefix("connect ") }
    #expect(connect?.hasSuffix("no   since Linux 5.5") == true)
    #expect(lines.last?.hasSuffix("tier: oneShot") == true)
    #expect(
      FeatureTable(KernelFeatures(KernelFeature.allCases)).lines.last?
        .hasSuffix("tier: full") == true)
  }
}

/// Whether the kernel makes rings for this process.
private let hasRings = (try? HandTurnedRing()) != nil

@Suite("Round trips on the kernel's ring", .enabled(if: hasRings), .timeLimit(.minutes(3)))
struct RoundTripTests {
  @Test("Nothing is answered with 0")
  func nop() throws {
    var ring = try HandTurnedRing()
    for _ in 0..<20 {
      let completion = try ring.answerNop()
      #expect(completion.result == 0)
      #expect(completion.token.operation == .nop)
    }
  }

  @Test("Bytes go through a pair of sockets as they were, also with a ring that was used before")
  func socketPair() throws {
    var ring = try HandTurnedRing()
    for count in [1, 5, 4096] {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ count) }
      let passage = try ring.pass(bytes)
      #expect(passage == Passage(sentByteCount: count, received: bytes, enterCount: 1))
    }
  }

  @Test("Requests of which one fails complete all the same")
  func failure() throws {
    var ring = try HandTurnedRing()
    let notOpen = Descriptor.file(.init(rawValue: -1))
    let completions = try ring.perform([.shutdown(notOpen, direction: 1), .nop, .nop])
    #expect(completions.map(\.error) == [.badFileDescriptor, nil, nil])
  }
}
