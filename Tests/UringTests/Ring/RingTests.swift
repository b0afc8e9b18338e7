// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Uring

@Suite struct RingTests {
  @Test func waitsForNoMoreThanTheQueueHolds() throws {
    var ring = try Ring.small()
    for count in [Int.min, -1] {
      #expect(try ring.enter(minimumCompletionCount: count) == 0)
    }
    let isPrepared = ring.prepare(.nop, token: Token(slot: 1, generation: 1, operation: .nop))
    #expect(isPrepared)
    #expect(try ring.enter(minimumCompletionCount: .max, timeout: .zero) == 1)
    #expect(ring.reapAll().count == 1)
  }

  @Test func completesANop() throws {
    var ring = try Ring.small()
    let token = Token(slot: 5, generation: 6, operation: .nop)
    #expect(ring.prepareNops([token]) == 1)
    #expect(ring.preparedCount == 1)
    #expect(try ring.enter(minimumCompletionCount: 1) == 1)
    #expect(ring.preparedCount == 0)
    #expect(ring.reapAll() == [Completion(token: token, result: 0)])
    #expect(ring.reapAll() == [])
    #expect(ring.enterCount == 1)
  }

  @Test func hasTheSizesAskedFor() throws {
    let ring = try Ring.small(submissions: 5, completions: 30)
    #expect(ring.submissionEntryCount == 8)
    #expect(ring.completionEntryCount == 32)
  }

  @Test func saysNoWhenTheSubmissionQueueIsFull() throws {
    var ring = try Ring.small(submissions: 4)
    let tokens = (0..<5).map { Token(slot: $0, generation: 0, operation: .nop) }
    #expect(ring.prepareNops(tokens) == 4)
    #expect(ring.prepareNops(tokens.suffix(1)) == 0)
    #expect(ring.preparedCount == 4)
    #expect(try ring.enter() == 4)
    #expect(ring.prepareNops(tokens.suffix(1)) == 1)
    #expect(try ring.next(5).map(\.token) == tokens)
  }

  @Test func keepsCompletionsThatOverflow() throws {
    var ring = try Ring.small(submissions: 4, completions: 4)
    let tokens = (0..<12).map { Token(slot: $0, generation: 0, operation: .nop) }
    for start in stride(from: 0, to: 12, by: 4) {
      #expect(ring.prepareNops(tokens[start..<start + 4]) == 4)
      #expect(try ring.enter() == 4)
    }
    #expect(ring.hasOverflow == true)
    #expect(try ring.next(12).map(\.token) == tokens)
    #expect(ring.hasOverflow == false)
    #expect(ring.droppedCompletionCount == 0)
  }

  @Test func reapsNoMoreThanTheBatchHolds() throws {
    var ring = try Ring.small()
    for slot in 0..<3 { try ring.submit(.nop, slot: slot) }
    #expect(ring.reapAll(batch: 2).map(\.token.slot) == [0, 1])
    #expect(ring.reapAll(batch: 0) == [])
    #expect(ring.reapAll(batch: 2).map(\.token.slot) == [2])
  }

  @Test func doesNotCallTheEndOfAWaitAnError() throws {
    var ring = try Ring.small()
    #expect(try ring.enter(minimumCompletionCount: 1, timeout: .nanoseconds(1)) == 0)
    #expect(try ring.enter(minimumCompletionCount: 1, timeout: .seconds(-5)) == 0)
    #expect(
      try ring.enter(
        minimumCompletionCount: 4, timeout: .microseconds(50), minimumWait: .microseconds(10))
        == 0)
    #expect(ring.reapAll() == [])
  }

  @Test(.needs(.singleIssuer, .registeredRingDescriptor))
  func belongsToTheThreadThatMadeIt() throws {
    let shared = SharedRing(try Ring.small())
    try #require(shared.ring.flags.contains(.singleIssuer))
    // EINVAL: the registered descriptor's number means nothing to another thread.
    #expect(try shared.enterOnOtherThread() == .invalidArgument)
    try shared.ring.submit(.nop)
    #expect(try shared.ring.next().count == 1)
  }

  @Test(.needs(.singleIssuer)) func refusesOtherThreadsByItsFlagAlone() throws {
    let shared = SharedRing(try Ring.small(hiding: [.registeredRingDescriptor]))
    try #require(shared.ring.flags.contains(.singleIssuer))
    #expect(try shared.enterOnOtherThread() == .fileExists)
  }

  @Test func closesItsDescriptor() async {
    // In a process of its own, where nobody else makes a ring that is given the same number.
    await #expect(processExitsWith: .success) {
      var descriptor = FileDescriptor.standardInput
      do {
        let ring = try Ring.small()
        descriptor = ring.descriptor
        #expect(descriptor.target == "anon_inode:[io_uring]")
      }
      #expect(descriptor.target != "anon_inode:[io_uring]")
    }
  }

  @Test func hasAClockThatDoesNotGoBack() throws {
    let ring = try Ring.small()
    let before = ring.now
    #expect(before > 0)
    #expect(ring.now >= before)
  }

  @Test func doesWhatNeedsNoQueueAtOnce() throws {
    var ring = try Ring.small()
    let pair = try SocketPair()
    #expect(ring.pendingError(of: .file(pair.near)) == 0)
    #expect(ring.shutdown(.file(pair.near), direction: 1) == 0)
    #expect(try pair.read(1) == [])
    let nothing = Descriptor.file(FileDescriptor(rawValue: -1))
    #expect(ring.shutdown(nothing, direction: 1) == -EBADF)
    #expect(ring.pendingError(of: nothing) == -EBADF)
  }
}

extension FileDescriptor {
  /// What the kernel says is open under this number; see proc_pid_fd(5).
  fileprivate var target: String? {
    var bytes = [CChar](repeating: 0, count: 64)
    let count = unsafe readlink("/proc/self/fd/\(rawValue)", &bytes, bytes.count)
    return count < 0 ? nil : String(decoding: bytes[..<count].map(UInt8.init), as: UTF8.self)
  }
}

/// A ring that two threads use, one after the other.
private final class SharedRing: @unchecked Sendable {
  var ring: Ring
  private var refusal: Errno?

  init(_ ring: consuming Ring) { self.ring = ring }

  func enterOnOtherThread() throws -> Errno? {
    try onOtherThread { [self] in
      do throws(Errno) { _ = try ring.enter() } catch { refusal = error }
    }
    return refusal
  }
}
