// SPDX-License-Identifier: Apache-2.0

import CLiburing
import SystemPackage
import Testing

@testable import Uring

/// Timeouts as they stand in the submission queue, times included.
@Suite struct TimeoutEncodingTests {
  private func token(_ slot: Int) -> Token {
    Token(slot: slot, generation: 1, operation: .timeout)
  }

  /// The bytes of an entry that has not been taken yet.
  private func bytes(_ ring: borrowing Ring, at index: Int) -> [UInt8] {
    unsafe withUnsafeBytes(of: ring.cell.pointee.sq.sqes[index]) { unsafe [UInt8]($0) }
  }

  private func bytes(_ entry: curing_kernel_sqe) -> [UInt8] {
    unsafe withUnsafeBytes(of: entry) { unsafe [UInt8]($0) }
  }

  private func time(_ ring: borrowing Ring, at index: Int) throws -> [Int64] {
    let times = unsafe try #require(ring.times)
    return unsafe [Int64(times[index].tv_sec), Int64(times[index].tv_nsec)]
  }

  @Test func eachPlaceHasItsOwnTime() throws {
    var ring = try Ring.small(submissions: 4)
    let durations: [Duration] = [
      .milliseconds(1_500), .nanoseconds(7), .seconds(-1), .seconds(Int64.max),
    ]
    for (slot, duration) in durations.enumerated() {
      let isPrepared = ring.prepare(.timeout(after: duration), token: token(slot))
      #expect(isPrepared)
    }
    let expected: [[Int64]] = [
      [1, 500_000_000], [0, 7], [0, 0], [9_223_372_036, 854_775_807],
    ]
    for index in 0..<4 {
      var entry = curing_kernel_sqe()
      let times = unsafe try #require(ring.times)
      unsafe io_uring_prep_timeout(&entry, times + index, 0, 0)
      entry.user_data = token(index).rawValue
      #expect(bytes(ring, at: index) == bytes(entry))
      #expect(try time(ring, at: index) == expected[index])
    }
  }

  @Test func aLinkedPairStandsTogether() throws {
    var ring = try Ring.small(submissions: 4)
    let isPrepared = ring.prepare(
      .poll(.direct(3), mask: 1), token: token(1), timeout: .milliseconds(2_001),
      timeoutToken: token(2))
    #expect(isPrepared)
    var first = curing_kernel_sqe()
    unsafe io_uring_prep_poll_add(&first, 3, 1)
    first.flags = 0b101  // FIXED_FILE | IO_LINK
    first.user_data = token(1).rawValue
    #expect(bytes(ring, at: 0) == bytes(first))
    var second = curing_kernel_sqe()
    let times = unsafe try #require(ring.times)
    unsafe io_uring_prep_link_timeout(&second, times + 1, 0)
    second.user_data = token(2).rawValue
    #expect(bytes(ring, at: 1) == bytes(second))
    #expect(try time(ring, at: 1) == [2, 1_000_000])
  }

  @Test func withoutATimeoutThereIsNoTable() throws {
    var ring = try Ring.small()
    let isPrepared = ring.prepare(.nop, token: token(0))
    #expect(isPrepared)
    let hasTable = unsafe ring.times != nil
    #expect(!hasTable)
  }

  @Test func aFullQueueTakesBothOrNeither() throws {
    var ring = try Ring.small(submissions: 4)
    #expect(ring.prepareNops((0..<3).map(token)) == 3)
    for _ in 0..<2 {
      let isPrepared = ring.prepare(
        .nop, token: token(3), timeout: .seconds(3600), timeoutToken: token(4))
      #expect(!isPrepared)
      #expect(ring.preparedCount == 3)
    }
    #expect(ring.prepareNops([token(5)]) == 1)
    #expect(try ring.next(4).map(\.token) == [0, 1, 2, 5].map(token))
    // With just two places it fits, and once it wraps around the end of the queue too.
    #expect(ring.prepareNops((6..<9).map(token)) == 3)
    #expect(try ring.next(3).map(\.token) == (6..<9).map(token))
    let isPrepared = ring.prepare(
      .nop, token: token(9), timeout: .seconds(3600), timeoutToken: token(10))
    #expect(isPrepared)
    let both = try ring.next(2)
    #expect(both.first { $0.token == token(9) }?.result == 0)
    #expect(both.first { $0.token == token(10) }?.error == .canceled)
  }
}
