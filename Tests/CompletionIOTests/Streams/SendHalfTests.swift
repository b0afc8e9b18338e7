// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing

@testable import CompletionIO
@testable import Uring

/// The sending half as a value: pieces in, gathered requests and settled pieces out.
@Suite struct SendHalfTests {
  private let bench = SendHalfBench()

  @Test func bytesAreCountedUntilTheyAreOut() {
    bench.append(10)
    bench.append(5)
    #expect(bench.byteCount == 15)
    bench.gather()
    #expect(bench.byteCount == 15, "with the kernel is not out")
    bench.settle(4)
    #expect(bench.byteCount == 11)
    bench.gather()
    bench.settle(11)
    #expect(bench.byteCount == 0)
    #expect(
      bench.remove(.sent) == [.init(wait: 1, sent: 10, left: 0), .init(wait: 2, sent: 5, left: 0)])
    #expect(bench.isEmpty)
  }

  @Test func anEmptyPieceIsGatheredLikeOthers() {
    bench.append(10, at: 0x1000)
    bench.append(20, at: 0x2000)
    bench.gather()
    bench.settle(30)
    #expect(bench.remove(.sent).count == 2)
    // The message still names memory that is somebody else's by now.
    bench.append(0, at: 0x3000)
    bench.append(5, at: 0x9000)
    bench.append(0, at: 0x3000)
    #expect(
      bench.gather() == [
        Part(address: 0x3000, byteCount: 0), Part(address: 0x9000, byteCount: 5),
        Part(address: 0x3000, byteCount: 0),
      ])
    bench.settle(5)
    #expect(bench.remove(.sent).map(\.sent) == [0, 5, 0])
  }

  @Test func onePieceIsSentAndSeveralAreGathered() {
    bench.append(10, at: 0x1000)
    #expect(bench.gather() == [Part(address: 0x1000, byteCount: 10)])
    #expect(bench.lastOperation == .send)
    bench.settle(3)
    bench.append(7, at: 0x9000)
    #expect(
      bench.gather() == [
        Part(address: 0x1003, byteCount: 7), Part(address: 0x9000, byteCount: 7),
      ])
    #expect(bench.lastOperation == .sendMessage)
  }

  @Test func aSendGathersNoMorePiecesThanAMessageHolds() {
    let limit = GatheredMessage.pieceLimit
    for index in 0..<limit + 3 { bench.append(1, at: UInt(0x1000 + index)) }
    #expect(bench.gather().count == limit)
    #expect(bench.hasMoreThanInFlight)
    bench.settle(UInt32(limit))
    #expect(bench.remove(.sent).map(\.wait) == (1...UInt32(limit)).map { $0 })
    #expect(bench.gather().map(\.address) == (0..<3).map { UInt(0x1000 + limit + $0) })
    #expect(!bench.hasMoreThanInFlight)
  }

  /// Fault 4 of the stream layer: a message above 1 GiB was torn, and another was sent in its middle.
  @Test(arguments: [0, 1, 1 << 20])
  func aMessageAboveTheLimitOfOneSendIsWhole(_ before: Int) {
    let limit = LoopConfiguration.oneSendByteLimit
    let large = 3 * limit / 2
    if before > 0 { bench.append(before, at: 0x10) }
    bench.append(large, at: 1 << 40)
    bench.append(8, at: 0x20)
    var (sent, ended): ([Part], [SendHalfBench.Ended]) = ([], [])
    while bench.byteCount > 0 {
      let parts = bench.gather()
      let count = parts.reduce(0) { $0 + $1.byteCount }
      #expect(count <= limit && count > 0)
      sent += parts
      bench.settle(UInt32(count))
      ended += bench.remove(.sent)
    }
    // Each piece is out to its last byte before the next begins.
    var expected: [(address: UInt, byteCount: Int)] = [(1 << 40, large), (0x20, 8)]
    if before > 0 { expected.insert((0x10, before), at: 0) }
    for part in sent {
      #expect(part.address == expected[0].address)
      expected[0].address += UInt(part.byteCount)
      expected[0].byteCount -= part.byteCount
      if expected[0].byteCount == 0 { expected.removeFirst() }
    }
    #expect(expected.isEmpty)
    #expect(ended.map(\.wait) == (before > 0 ? [1, 2, 3] : [1, 2]))
  }

  @Test func aPartSettlesThePiecesThatAreOutAndNoOther() {
    for count in [4, 5, 6] { bench.append(count) }
    bench.gather()
    bench.settle(6)
    #expect(bench.remove(.sent) == [.init(wait: 1, sent: 4, left: 0)])
    #expect(bench.byteCount == 9)
    #expect(bench.remove(.sent) == [])
    #expect(bench.remove(.all).map(\.left) == [3, 6])
    #expect(bench.byteCount == 0 && bench.isEmpty)
  }

  // MARK: Early ends

  @Test func aPieceInTheMiddleEndsEarlyAndTheOthersKeepTheirOrder() {
    for _ in 0..<4 { bench.append(3) }
    #expect(bench.mark(2) && bench.mark(3) && !bench.mark(9))
    #expect(bench.remove(.cancelled).map(\.wait) == [2, 3])
    #expect(bench.byteCount == 6)
    #expect(bench.gather().count == 2)
    bench.settle(6)
    #expect(bench.remove(.sent).map(\.wait) == [1, 4])
  }

  /// Its memory is the kernel's until the answer.
  @Test func nothingThatIsWithTheKernelEndsBeforeItsAnswer() {
    for _ in 0..<3 { bench.append(3) }
    bench.gather()
    #expect(bench.mark(2))
    for filter in [SendHalf.Ended.cancelled, .awaited, .all] {
      #expect(bench.remove(filter) == [])
    }
    bench.settle(4)
    #expect(
      bench.remove(.cancelled) == [
        .init(wait: 1, sent: 3, left: 0), .init(wait: 2, sent: 1, left: 2),
      ])
    // What follows begins right behind the cut.
    #expect(bench.byteCount == 3)
  }

  @Test func onlyWaitsAreToldThatTheyWouldBlock() {
    bench.append(3)
    bench.appendOwned(2)
    bench.append(4)
    #expect(bench.remove(.awaited).map(\.wait) == [1, 3])
    #expect(bench.byteCount == 2)
  }

  // MARK: What is known of a reset

  @Test func aCutSendMayHideAResetUntilTheNextMovesAnything() {
    bench.append(10)
    bench.send(.waiting)
    #expect(bench.mayHideReset, "beside a send that is with the kernel")
    bench.answer(3)
    #expect(bench.mayHideReset, "a part may be told in place of a reset")
    bench.send(.waiting)
    bench.answer(7)
    #expect(!bench.mayHideReset)
  }

  @Test func aSendThatMovedNothingHidesNothing() {
    bench.append(10)
    bench.send(.waiting)
    bench.answer(0)
    #expect(!bench.mayHideReset)
  }

  /// Behind a part that was told in place of a reset, the next send fails with EPIPE.
  @Test func aSendThatMovedNothingProvesNothing() {
    bench.append(10)
    bench.send(.waiting)
    bench.answer(3)
    bench.send(.waiting)
    bench.answer(0)
    #expect(bench.mayHideReset)
  }

  /// Fault 1 of the stream layer: an end of the sending half that succeeds proves that there was no
  /// reset.
  @Test func anEndOfTheHalfHidesNothing() {
    bench.append(10)
    bench.send(.waiting)
    bench.answer(3)
    _ = bench.remove(.all)
    bench.finish()
    #expect(bench.state == .finished && !bench.mayHideReset)
  }

  // MARK: Refusals

  @Test func nothingIsQueuedBehindTheEnd() {
    #expect(bench.refusal == nil && !bench.isWithKernel)
    bench.half.wantsFinish = true
    #expect(bench.refusal == .finished)
    bench.finish()
    #expect(bench.refusal == .finished && bench.isDrained)
  }

  // MARK: Buffers of the pool

  @Test func buffersOfThePoolDoNotWaitForAPeer() throws {
    let pool = try poolWithKernel(capacity: 4, bufferSize: 64)
    for index: UInt16 in 0..<2 {
      bench.append(pool.lease(index, byteCount: 5), home: pool.identity)
    }
    bench.append(9)
    #expect(pool.lentCount == 2)
    bench.gather()
    #expect(bench.lastMode == .trying)
    bench.settle(2)
    #expect(bench.half.copyOut() == 2)
    #expect(pool.lentCount == 0)
    bench.gather()
    #expect(bench.lastMode == .waiting && bench.byteCount == 17)
  }

  @Test func aBufferOfAnotherPoolIsCopiedAtOnce() throws {
    let pool = try poolWithKernel(capacity: 2, bufferSize: 64)
    bench.append(pool.lease(0, byteCount: 5), home: 1)
    #expect(pool.lentCount == 0 && bench.byteCount == 5)
  }
}
