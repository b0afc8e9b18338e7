// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing

@testable import CompletionIO
@testable import Uring

/// "Still armed" comes from `F_MORE` only, "buffer taken" from `F_BUFFER` only.
@Suite struct FlagTests {
  private let fixture: LoopFixture

  init() throws { fixture = try LoopFixture() }

  @Test func aMultishotReceiveStaysArmedAsLongAsItSays() throws {
    let receive = try fixture.start(.receiveMany())
    fixture.turn()
    for byteCount: Int32 in 1...3 {
      try fixture.kernel.complete(.receive, byteCount, hasMore: true, takesBuffer: true)
    }
    fixture.turn()
    #expect(receive.results == [1, 2, 3])
    #expect(receive.lengths == [1, 2, 3])
    #expect(fixture.kernel.submissions.count == 1)
    #expect(fixture.loop.operationCount == 1)
  }

  @Test func withoutMoreItIsArmedAgainAndItsOwnerSeesNoEnd() throws {
    let receive = try fixture.start(.receiveMany())
    fixture.turn()
    try fixture.kernel.complete(.receive, 9, takesBuffer: true)
    fixture.turn(2)
    #expect(receive.results == [9])
    #expect(receive.outcomes.allSatisfy { $0.hasMore })
    #expect(fixture.kernel.submissions.count == 2)
    #expect(fixture.count(of: .surfaceAndRearm) == 1)
    try fixture.kernel.complete(.receive, 0)
    fixture.settle()
    #expect(receive.results == [9, 0])
    #expect(receive.hasEnded)
    #expect(fixture.kernel.submissions.count == 2)
  }

  @Test func anErrorThatTookABufferGivesItBack() throws {
    let receive = try fixture.start(.receiveMany())
    fixture.turn()
    try fixture.kernel.fail(.receive, .connectionReset, takesBuffer: true)
    fixture.turn()
    #expect(receive.end?.error == .connectionReset)
    #expect(receive.lengths == [0])
    expectAllBuffersWithTheKernel(fixture)
  }

  @Test func aTransientErrorThatTookABufferGivesItBack() throws {
    let receive = try fixture.start(.receiveMany())
    fixture.turn()
    try fixture.kernel.fail(.receive, .interrupted, takesBuffer: true)
    fixture.turn()
    #expect(receive.outcomes.isEmpty)
    #expect(fixture.kernel.submissions.count == 1)
    fixture.turn()
    #expect(fixture.kernel.submissions.count == 2)
    expectAllBuffersWithTheKernel(fixture)
  }

  @Test func theEndOfAStreamWithoutABufferIsNoBuffer() throws {
    let receive = try fixture.start(.receiveMany())
    fixture.turn()
    try fixture.kernel.complete(.receive, 0)
    fixture.turn()
    #expect(receive.end?.result == 0)
    #expect(receive.lengths == [])
    #expect(fixture.loop.pool.availableCount == 4)
  }

  @Test func anEmptyDatagramHasABuffer() throws {
    let receive = try fixture.start(.receiveMany())
    fixture.turn()
    try fixture.kernel.complete(.receive, 0, hasMore: true, takesBuffer: true)
    fixture.turn()
    #expect(receive.lengths == [0])
    #expect(!receive.hasEnded)
  }

  /// Never seen of a kernel; submitting what is still armed would arm it twice.
  @Test func anErrorOfARequestThatIsStillArmedIsOnlyTold() throws {
    let receive = try fixture.start(.receiveMany())
    fixture.turn()
    try fixture.kernel.complete(.receive, -Errno.interrupted.rawValue, hasMore: true)
    fixture.turn(3)
    #expect(receive.results == [-Errno.interrupted.rawValue])
    #expect(!receive.hasEnded)
    #expect(fixture.kernel.submissions.count == 1)
  }

  /// An acceptor lives for months: what went well before does not count against it.
  @Test func attemptsAreCountedFromTheLastSuccess() throws {
    let accept = try fixture.start(.acceptMany())
    fixture.turn()
    for number: Int32 in 0..<40 {
      try fixture.kernel.complete(.accept, number, hasMore: true)
      fixture.turn()
      try fixture.kernel.fail(.accept, .connectionAbort)
      fixture.turn(2)
    }
    #expect(accept.results == Array(0..<40))
    #expect(!accept.hasEnded)
    #expect(fixture.kernel.pendingCount(of: .accept) == 1)
  }

  @Test func aListenerOutlivesConnectionsThatAreGoneBeforeTheyAreAccepted() throws {
    let accept = try fixture.start(.acceptMany())
    fixture.turn()
    for _ in 0..<100 {
      try fixture.kernel.fail(.accept, .connectionAbort)
      fixture.turn(2)
      fixture.kernel.now += 1_000_000
      fixture.turn(2)
    }
    #expect(!accept.hasEnded)
    try fixture.kernel.complete(.accept, 7, hasMore: true)
    fixture.turn()
    #expect(accept.results == [7])
  }

  @Test func whatAnAcceptReturnsIsNoCountOfBytes() throws {
    let accept = try fixture.start(.made(.accept))
    fixture.turn()
    try fixture.kernel.complete(.accept, 37)
    fixture.turn()
    #expect(accept.end?.result == 37)
    #expect(accept.end?.byteCount == 0)
  }
}

func expectAllBuffersWithTheKernel(
  _ fixture: LoopFixture, sourceLocation: SourceLocation = #_sourceLocation
) {
  fixture.turn()
  #expect(
    fixture.kernel.buffers.sorted() == Array(0..<UInt16(fixture.loop.pool.capacity)),
    sourceLocation: sourceLocation)
}
