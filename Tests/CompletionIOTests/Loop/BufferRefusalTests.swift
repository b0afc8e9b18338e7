// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing

@testable import CompletionIO
@testable import Uring

/// A kernel that gets its buffers by request, and has no memory to note them (before Linux 5.19).
@Suite struct BufferRefusalTests {
  private func refuse(_ fixture: LoopFixture, _ buffers: Range<UInt16>, result: Int32) {
    fixture.kernel.loseBuffers()
    fixture.kernel.completions.append(
      Completion(token: .bufferProvision(of: buffers), result: result))
    fixture.turn()
  }

  @Test(
    arguments: [
      (-Errno.noMemory.rawValue, [0, 1, 2, 3]), (1, [1, 2, 3]), (3, [3]), (4, []), (0, []),
    ] as [(Int32, [UInt16])])
  func whatTheKernelDidNotTakeIsOfferedAgain(_ result: Int32, _ refused: [UInt16]) throws {
    let fixture = try LoopFixture()
    fixture.turn()
    refuse(fixture, 0..<4, result: result)
    fixture.turnWithoutWaiting()
    #expect(fixture.kernel.buffers.sorted() == refused)
    #expect(fixture.loop.pool.kernelCount == 4)
  }

  @Test func aReceiveThatWaitsForThemGetsOne() throws {
    let fixture = try LoopFixture()
    fixture.turn()
    fixture.kernel.refuse(.receive, [.noBufferSpace])
    let receive = try fixture.start(.receiveMany(on: 3))
    refuse(fixture, 0..<4, result: -Errno.noMemory.rawValue)
    fixture.settle()
    #expect(fixture.kernel.buffers.count == 4)
    #expect(fixture.kernel.pendingCount(of: .receive) == 1)
    #expect(receive.outcomes.isEmpty)
  }

  @Test func askingAgainAndAgainDoesNotSpin() throws {
    let fixture = try LoopFixture()
    fixture.turn()
    let start = fixture.kernel.now
    var refusalCount = 0
    while fixture.kernel.now < start + 1_000_000_000, refusalCount < 1000 {
      refuse(fixture, 0..<4, result: -Errno.noMemory.rawValue)
      refusalCount += 1
      fixture.turnWithoutWaiting()
    }
    #expect(refusalCount < 150)
  }
}
