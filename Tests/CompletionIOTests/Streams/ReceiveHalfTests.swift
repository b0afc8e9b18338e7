// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import TestSupport
import Testing

@testable import CompletionIO
@testable import Uring

/// The receiving half as a value: what has come and nobody has taken.
@Suite struct ReceiveHalfTests {
  private let storage = QueueStorage<BufferLease>()

  private func lease(_ bytes: [UInt8]) -> BufferLease {
    unsafe BufferLease(copying: bytes.span.bytes)
  }

  /// Takes everything, lease by lease.
  private func takeAll(_ half: inout ReceiveHalf) -> [[UInt8]] {
    var all: [[UInt8]] = []
    while !half.isEmpty {
      let lease = half.takeFirst(storage)
      all.append(unsafe lease.bytes.withUnsafeBytes { unsafe Array($0) })
    }
    return all
  }

  @Test func bytesComeOutInOrder() {
    var half = ReceiveHalf()
    let all = numbered(100_000)
    var kept = 0
    for count in [1, 1, 5000, 3, 4096, 4097, 1, 20_000, 66_801] {
      half.keep(lease(Array(all[kept..<kept + count])), storage)
      kept += count
      let byteCount = half.byteCount
      #expect(byteCount == kept)
    }
    let taken = takeAll(&half)
    #expect(firstDifference(taken.flatMap { $0 }, all) == nil)
    let byteCount = half.byteCount
    #expect(byteCount == 0)
  }

  /// Fault 16 of the stream layer: segments of one byte took 73 bytes each.
  @Test func smallSegmentsTakeMemoryByTheirBytes() {
    var half = ReceiveHalf()
    let all = numbered(100_000)
    for byte in all { half.keep(lease([byte]), storage) }
    let taken = takeAll(&half)
    #expect(firstDifference(taken.flatMap { $0 }, all) == nil)
    #expect(taken.count <= all.count / 4096 + 2, "\(taken.count) pieces of memory")
  }

  /// Fault 6 of the stream layer: each segment held a buffer of the pool.
  @Test func smallSegmentsShareABufferOfThePool() throws {
    let pool = try poolWithKernel(capacity: 128, bufferSize: 64)
    var half = ReceiveHalf()
    for index: UInt16 in 0..<128 {
      half.keep(pool.lease(index, byteCount: 1), storage)
      // Those that are full, and the one that is being filled.
      #expect(pool.lentCount <= Int(index) / 64 + 1)
    }
    let byteCount = half.byteCount
    #expect(byteCount == 128)
    half.dropAll(storage)
    #expect(pool.lentCount == 0)
  }

  @Test func aLargeSegmentKeepsItsBuffer() throws {
    let pool = try poolWithKernel(capacity: 2, bufferSize: 8192)
    var half = ReceiveHalf()
    half.keep(lease([1]), storage)
    half.keep(pool.lease(0, byteCount: 4097), storage)
    #expect(pool.lentCount == 1)
    let counts = takeAll(&half).map(\.count)
    #expect(counts == [1, 4097])
    #expect(pool.lentCount == 0)
  }

  @Test(arguments: [1, 2, 7, 4096, 10_000])
  func bytesAreCopiedToMemoryOfAnySize(_ room: Int) {
    var half = ReceiveHalf()
    let all = numbered(9000)
    for start in stride(from: 0, to: 9000, by: 900) {
      half.keep(lease(Array(all[start..<start + 900])), storage)
    }
    var copied: [UInt8] = []
    while !half.isEmpty {
      var memory = [UInt8](repeating: 0, count: room)
      var span = memory.mutableSpan
      var bytes = unsafe span.mutableBytes
      let count = half.copyFirst(to: OutputMemory(&bytes), storage)
      #expect(count > 0 && count <= room)
      copied += memory[..<count]
      let byteCount = half.byteCount
      #expect(byteCount == all.count - copied.count)
    }
    #expect(firstDifference(copied, all) == nil)
  }

  @Test func whatIsDroppedIsGone() throws {
    let pool = try poolWithKernel(capacity: 4, bufferSize: 8192)
    var half = ReceiveHalf()
    for index: UInt16 in 0..<4 { half.keep(pool.lease(index, byteCount: 8000), storage) }
    #expect(pool.lentCount == 4)
    half.dropAll(storage)
    let (isEmpty, byteCount) = (half.isEmpty, half.byteCount)
    #expect(isEmpty && byteCount == 0 && pool.lentCount == 0)
  }

  // MARK: The program's own end

  @Test func aHalfThatWasStoppedEndsWithItsReceive() {
    var half = ReceiveHalf()
    var actions = [half.handle(.armed, ReceiveHalf.Facts())]
    actions.append(half.handle(.stopped, ReceiveHalf.Facts()))
    actions.append(half.handle(.answered(.nothing), ReceiveHalf.Facts()))
    #expect(actions == [.none, .cancelReceive, .tell])
    let (end, isStopped) = (half.end, half.isStopped)
    #expect(end == .endOfStream && isStopped)
  }

  // MARK: Answers

  @Test(arguments: [false, true])
  func whatEachAnswerMeans(_ wasAsked: Bool) {
    func answer(_ result: Int32, hasMore: Bool = false) -> ReceiveHalf.Answer {
      let token = Token(slot: 1, generation: 1, operation: .receive)
      return ReceiveHalf.answer(
        to: Outcome(token: token, result: result, flags: hasMore ? .more : [], attempts: 4),
        wasAsked: wasAsked)
    }
    #expect(answer(9, hasMore: true) == .bytes)
    #expect(answer(9) == .lastBytes)
    #expect(answer(0) == .endOfStream)
    let transient: [Errno] = [.canceled, .noBufferSpace, .noMemory, .interrupted]
    for error in transient {
      let failure = StreamFailure(code: -error.rawValue, attempts: 4)
      #expect(answer(-error.rawValue) == (wasAsked ? .nothing : .failed(failure)))
    }
    let blocked = StreamFailure(code: -Errno.resourceTemporarilyUnavailable.rawValue, attempts: 4)
    #expect(answer(blocked.code) == (wasAsked ? .nothing : .wouldBlock(blocked)))
    for error in [Errno.connectionReset, .timedOut, .socketNotConnected] {
      let failure = StreamFailure(code: -error.rawValue, attempts: 4)
      #expect(answer(-error.rawValue) == .failed(failure))
    }
  }
}

/// A pool whose buffers are all with the kernel, as those of a running loop.
func poolWithKernel(capacity: Int, bufferSize: Int) throws -> BufferPool {
  let pool = try BufferPool(capacity: capacity, bufferSize: bufferSize)
  pool.takeReturned { _ in }
  return pool
}
