// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import NIOUring

/// What is written, flushed and sent, without a socket.
@Suite struct PendingWritesTests {
  private func writes(_ sizes: [Int]) -> PendingWrites {
    var writes = PendingWrites()
    for size in sizes { writes.append(.byteBuffer(ByteBuffer(repeating: 1, count: size)), nil) }
    return writes
  }

  /// Books sent bytes and counts the writes that are complete.
  private func complete(_ writes: inout PendingWrites, _ byteCount: Int) -> Int {
    var (left, count) = (byteCount, 0)
    while writes.removeSent(&left) != nil { count += 1 }
    return count
  }

  @Test func nothingGoesBeforeItsFlush() {
    var writes = writes([10, 20])
    #expect(!writes.hasFlushed)
    #expect(writes.byteCount == 30)
    #expect(writes.flushedByteCount == 0)
    writes.flush()
    writes.append(.byteBuffer(ByteBuffer(repeating: 1, count: 5)), nil)
    #expect(writes.flushedByteCount == 30)
    let vectors = SendVectors()
    writes.gather(into: vectors)
    #expect(vectors.byteCount == 30)
    #expect(complete(&writes, 30) == 2)
    #expect(writes.byteCount == 5)
    #expect(!writes.hasFlushed)
  }

  @Test(arguments: 0...30) func partsAreBookedByteByByte(first: Int) {
    var writes = writes([10, 0, 20])
    writes.flush()
    var count = complete(&writes, first)
    #expect(writes.byteCount == 30 - first)
    count += complete(&writes, 30 - first)
    #expect(count == 3)
    #expect(writes.isEmpty)
  }

  @Test func emptyWritesAreCompleteAtOnce() {
    var writes = writes([0, 0])
    writes.flush()
    #expect(complete(&writes, 0) == 2)
  }

  @Test func vectorsCountTheWritesThatTheyCover() {
    var writes = writes([0, 3, 0, 4])
    writes.flush()
    let vectors = SendVectors()
    writes.gather(into: vectors)
    #expect(vectors.count == 2)
    #expect(vectors.writeCount == 4)
    #expect(writes.removeAll(behind: vectors.writeCount).isEmpty)
    #expect(writes.byteCount == 7)
  }

  @Test func moreThanVectorsHoldIsLeftForTheNextSend() {
    var writes = writes(Array(repeating: 1, count: 200))
    writes.flush()
    let vectors = SendVectors()
    writes.gather(into: vectors)
    #expect(vectors.byteCount == SendVectors.capacity)
  }

  @Test func whatTheKernelMayReadStaysAtAClose() {
    var writes = writes([1, 2, 3])
    writes.flush()
    #expect(writes.removeAll(behind: 1).map(\.data.readableBytes) == [2, 3])
    #expect(writes.byteCount == 1)
    #expect(writes.removeAll(behind: 0).count == 1)
    #expect(writes.isEmpty)
  }

  @Test func marksOfWater() {
    let writability = Writability()
    let marks = ChannelOptions.Types.WriteBufferWaterMark(low: 10, high: 20)
    // Bytes, whether the answer changes, and the answer.
    let steps: [(Int, Bool, Bool)] = [
      (20, false, true), (21, true, false), (15, false, false), (10, false, false),
      (9, true, true), (20, false, true),
    ]
    for (byteCount, changes, isWritable) in steps {
      #expect(writability.note(byteCount, marks) == changes)
      #expect(writability.isWritable == isWritable)
    }
  }

  @Test(arguments: [(1, 1, SendPath.atOnce), (65_535, 3, .request), (65_536, 100, .atOnce)])
  func pathsOfSends(byteCount: Int, answerCount: Int, path: SendPath) {
    #expect(SendPath.choose(byteCount: byteCount, answerCount: answerCount) == path)
  }
}
