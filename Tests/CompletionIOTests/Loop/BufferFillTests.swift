// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import CompletionIO
@testable import Uring

/// Of large messages few buffers go round, of small ones all.
@Suite struct BufferFillTests {
  private func limit(after byteCount: Int, times: Int = 1000) -> Int {
    var fill = BufferFill()
    for _ in 0..<times { fill.add(byteCount: byteCount) }
    return fill.bufferLimit
  }

  @Test func startsWithoutALimit() {
    #expect(BufferFill().bufferLimit >= 32768)
  }

  @Test(arguments: [(64, 4096), (1 << 12, 64), (1 << 14, 16), (1 << 16, 4), (1 << 20, 4)])
  func sharesTheCacheAmongFullBuffers(_ byteCount: Int, _ expected: Int) {
    let limit = limit(after: byteCount)
    #expect(limit >= expected)
    #expect(limit <= expected + expected / 16 + 1)
  }

  @Test func followsAChangeWithinSomeHundredBuffers() {
    var fill = BufferFill()
    for _ in 0..<1000 { fill.add(byteCount: 1 << 16) }
    for _ in 0..<400 { fill.add(byteCount: 64) }
    #expect(fill.bufferLimit > 128)
  }

  @Test func emptyBuffersCountAsNothing() {
    #expect(limit(after: 0) >= 32768)
  }

  @Test func theKernelGetsNoMoreThanTheLimitAndWaitingReceivesGoOn() throws {
    let fixture = try LoopFixture { configuration in
      configuration.bufferCount = 16
      configuration.bufferSize = 1 << 16
    }
    fixture.turnWithoutWaiting()
    #expect(fixture.kernel.buffers.count == 16)
    for _ in 0..<1000 { fixture.loop.core.fill.add(byteCount: 1 << 16) }
    // All are with the kernel: only once some are used does the limit show.
    takeAllBuffers(fixture)
    for index: UInt16 in 0..<16 { fixture.endLease(index) }
    fixture.turnWithoutWaiting()
    #expect(fixture.kernel.buffers.count == 4)
    #expect(fixture.kernel.buffers == [15, 14, 13, 12])
  }
}
