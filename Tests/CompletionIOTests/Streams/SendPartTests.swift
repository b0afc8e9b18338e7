// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import CompletionIO
@testable import Uring

/// Sends of several pieces, and marks between pieces, in the sending half.
@Suite struct SendPartTests {
  private let storage = QueueStorage<SendPiece>()

  private func half(of counts: [Int], wait: WaitID) -> SendHalf {
    var half = SendHalf()
    for (index, count) in counts.enumerated() {
      half.append(
        SendPiece(
          borrowing: 0x1000, byteCount: count, wait: wait, isLast: index == counts.count - 1),
        storage)
    }
    return half
  }

  @Test func onlyTheLastPieceHasTheWait() {
    let wait = WaitID(slot: 1, generation: 1)
    var half = half(of: [3, 4, 5], wait: wait)
    half.settle(12)
    var recipients: [SendPiece.Recipient] = []
    while let piece = half.removeNext(.sent, storage) {
      #expect(piece.isSent)
      recipients.append(piece.recipient)
    }
    #expect(recipients == [.part(wait), .part(wait), .wait(wait)])
  }

  @Test func allPiecesGoOutInOneSend() {
    var half = half(of: [3, 4, 5], wait: WaitID(slot: 1, generation: 1))
    let message = GatheredMessage()
    let (request, mode) = half.gather(upTo: LoopConfiguration.oneSendByteLimit, to: .direct(1)) {
      message
    }
    let byteCount = half.inFlightByteCount
    #expect(request.operation == .sendMessage && mode == .waiting && byteCount == 12)
  }

  /// The memory of each is the caller's, who goes on when the wait ends.
  @Test func allPiecesOfASendEndEarlyTogether() {
    let (wait, other) = (WaitID(slot: 1, generation: 1), WaitID(slot: 2, generation: 1))
    var half = half(of: [3, 4, 5], wait: wait)
    half.append(SendPiece(borrowing: 0x2000, byteCount: 6, wait: other), storage)
    let isMarked = half.mark(wait, .cancelled)
    #expect(isMarked)
    half.settle(4)
    var sent: [Int] = []
    while let piece = half.removeNext(.cancelled, storage) { sent.append(piece.sentByteCount) }
    #expect(sent == [3, 1, 0])
    let left = (half.byteCount, half.pieces.count)
    #expect(left == (6, 1))
  }

  @Test func piecesOfASendAreAwaited() {
    var half = half(of: [3, 4], wait: WaitID(slot: 1, generation: 1))
    half.append(SendPiece(flush: WaitID(slot: 2, generation: 1)), storage)
    var count = 0
    while half.removeNext(.awaited, storage) != nil { count += 1 }
    #expect(count == 3)
  }

  @Test func aMarkEndsWhenWhatIsBeforeItIsOut() {
    let mark = WaitID(slot: 2, generation: 1)
    var half = half(of: [3], wait: WaitID(slot: 1, generation: 1))
    half.append(SendPiece(flush: mark), storage)
    half.append(SendPiece(borrowing: 0x2000, byteCount: 6, wait: mark), storage)
    half.settle(2)
    let early = half.removeNext(.sent, storage)
    #expect(early?.recipient == nil)
    half.settle(1)
    _ = half.removeNext(.sent, storage)
    let (marked, behind) = (half.removeNext(.sent, storage), half.removeNext(.sent, storage))
    #expect(marked?.recipient == .flush(mark))
    #expect(behind?.recipient == nil)
  }

  @Test func aMarkIsRemovedWithoutWhatIsBeforeIt() {
    let mark = WaitID(slot: 2, generation: 1)
    var half = half(of: [3], wait: WaitID(slot: 1, generation: 1))
    half.append(SendPiece(flush: mark), storage)
    let (isRemoved, isRemovedAgain) = (
      half.removeFlush(mark, storage), half.removeFlush(mark, storage)
    )
    #expect(isRemoved && !isRemovedAgain)
    let left = (half.byteCount, half.pieces.count)
    #expect(left == (3, 1))
  }

  @Test func fourPartsTakeNoMemoryAndMoreAreKeptToo() {
    var parts = InputParts()
    let bytes = [UInt8](repeating: 1, count: 9)
    for count in [1, 0, 2, 3, 4, 5, 6] {
      unsafe parts.append(bytes.span.bytes.extracting(first: count))
    }
    #expect((0..<parts.count).map { parts[$0].byteCount } == [1, 2, 3, 4, 5, 6])
  }
}
