// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import CompletionIO
@testable import Uring

/// Random faults under many streams: no byte, flight or buffer is lost or doubled.
@Suite struct SoakTests {
  @Test(arguments: Array(1...12) as [UInt64])
  func streamsOnAKernelThatFails(_ seed: UInt64) throws {
    let world = try SoakWorld(seed: seed)
    for _ in 0..<10 { world.openSocket() }
    for turn in 0..<1000 {
      world.act()
      world.kernel.now += UInt64(world.numbers.next(below: 100_000))
      if world.chance(60) { world.pump() }
      world.fixture.turn()
      world.checkInvariants()
      try #require(world.problem == nil, "seed \(seed), turn \(turn)")
    }
    try finish(world)
    checkEnd(world)
  }

  /// Without faults everything that was begun comes to its end.
  private func finish(_ world: SoakWorld) throws {
    world.faultRate = 0
    world.kernel.submissionLimit = 64
    var turn = 0
    while !world.sockets.isEmpty {
      for socket in world.sockets { world.release(socket) }
      world.kernel.now += 100_000
      world.pump()
      world.fixture.turn()
      world.checkInvariants()
      try #require(world.problem == nil, "seed \(world.seed), finishing, turn \(turn)")
      turn += 1
      let stuck = world.sockets.map(\.state)
      try #require(turn < 10_000, "seed \(world.seed): stuck are \(stuck)")
    }
    world.fixture.stop()
  }

  private func checkEnd(_ world: SoakWorld) {
    #expect(world.recorded.isEmpty, "seed \(world.seed)")
    #expect(world.startedCount == world.endedCount, "seed \(world.seed)")
    #expect(world.fixture.loop.operationCount == 0)
    #expect(world.fixture.loop.core.waits.count == 0, "seed \(world.seed)")
    #expect(world.timerEndCount > 0, "seed \(world.seed)")
    #expect(world.kernel.pending.isEmpty)
    #expect(world.pool.leasedCount == 0, "seed \(world.seed)")
  }
}
