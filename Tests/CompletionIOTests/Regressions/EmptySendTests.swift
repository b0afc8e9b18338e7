// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// An empty send once had the bytes of the gathered send before it sent again, from memory that was
/// no longer theirs.
@Suite("Empty sends", .timeLimit(.minutes(3)))
struct EmptySendTests {
  @Test("An empty piece in front sends nothing of an earlier message", arguments: [1, 2, 5])
  func behindAMessage(emptyCount: Int) async throws {
    try await withLoops { group in
      let (near, far) = try await StreamConnection.pair(on: group.loops[0])
      for round in 0..<20 {
        let first = round * 105
        await near.loop.ask {
          near.stream.enqueue(copying: numbered(40, from: first))
          near.stream.enqueue(copying: numbered(60, from: first + 40))
        }
        let gathered = try await far.receive(atMost: 100)
        #expect(gathered == numbered(100, from: first))
        await near.loop.ask {
          for _ in 0..<emptyCount { near.stream.enqueue(copying: []) }
          near.stream.enqueue(copying: numbered(5, from: first + 100))
        }
        let rest = try await far.receive(atMost: 5)
        #expect(rest == numbered(5, from: first + 100))
      }
      try await near.finishSending()
      #expect(try await far.receiveAll() == [])
      await near.close()
      await far.close()
    }
  }
}
