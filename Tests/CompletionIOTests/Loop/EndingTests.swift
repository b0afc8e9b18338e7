// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing

@testable import CompletionIO
@testable import Uring

/// An operation ends exactly once, and only after the kernel's final completion for it.
@Suite struct EndingTests {
  private let fixture: LoopFixture

  init() throws { fixture = try LoopFixture() }

  @Test func anOperationEndsOnceWithItsResult() throws {
    let receive = try fixture.start(.made(.receive, byteCount: 10))
    fixture.turn(3)
    #expect(receive.outcomes.isEmpty)
    try fixture.kernel.complete(.receive, 6)
    fixture.turn(3)
    let end = try #require(receive.end)
    #expect(end.result == 6 && end.byteCount == 6 && end.attempts == 1 && end.error == nil)
    #expect(fixture.loop.operationCount == 0)
  }

  @Test(arguments: [false, true])
  func aCancelledOperationEndsAtItsOwnCompletion(_ targetFirst: Bool) throws {
    fixture.kernel.targetCompletesBeforeCancel = targetFirst
    let receive = try fixture.start(.made(.receive, byteCount: 10))
    fixture.turn()
    fixture.end(receive)
    fixture.end(receive)
    #expect(receive.outcomes.isEmpty)
    fixture.settle()
    #expect(receive.end?.error == .canceled)
    #expect(fixture.kernel.submissions(of: .cancel).count == 1)
    #expect(fixture.loop.operationCount == 0)
    #expect(fixture.loop.statistics.controlFailures == 0)
  }

  /// The cancel's completion frees nothing: the target's does (liburing #733).
  @Test func aCancelThatSucceededIsNoEnd() throws {
    fixture.kernel.reply(to: .cancel, 0)
    let receive = try fixture.start(.made(.receive, byteCount: 10))
    fixture.turn()
    fixture.end(receive)
    fixture.turn(5)
    #expect(receive.outcomes.isEmpty)
    #expect(fixture.loop.operationCount == 1)
    try fixture.kernel.fail(.receive, .canceled)
    fixture.turn()
    #expect(receive.end?.error == .canceled)
  }

  @Test(arguments: [Errno.noSuchFileOrDirectory, .alreadyInProcess])
  func anOperationThatCouldNotBeStoppedEndsWithItsResult(_ error: Errno) throws {
    fixture.kernel.refuse(.cancel, error)
    let receive = try fixture.start(.made(.receive, byteCount: 10))
    fixture.turn()
    fixture.end(receive)
    fixture.turn(2)
    try fixture.kernel.complete(.receive, 10)
    fixture.turn()
    #expect(receive.end?.result == 10)
    #expect(fixture.loop.statistics.controlFailures == 0)
  }

  /// A cancelled send can have sent a part (io_sendrecv_fail).
  @Test func aCancelledSendTellsWhatWentOut() throws {
    fixture.kernel.reply(to: .send, 30)
    fixture.kernel.reply(to: .cancel, 0)
    let send = try fixture.start(.made(.send, byteCount: 100))
    fixture.turn(2)
    fixture.end(send)
    fixture.turn()
    try fixture.kernel.complete(.send, 20)
    fixture.turn(3)
    let end = try #require(send.end)
    #expect(end.error == .canceled)
    #expect(end.byteCount == 50)
    #expect(fixture.kernel.submissions(of: .send).count == 2)
  }

  @Test func aZeroCopySendEndsWithItsNotification() throws {
    let send = try fixture.start(.made(.sendZeroCopy, byteCount: 100))
    fixture.turn()
    try fixture.kernel.complete(.sendZeroCopy, 100, hasMore: true)
    fixture.turn(3)
    #expect(!send.hasEnded)
    try fixture.kernel.complete(.sendZeroCopy, 0)
    fixture.turn(3)
    #expect(send.end?.result == 100)
    #expect(send.end?.byteCount == 100)
    #expect(fixture.kernel.submissions(of: .sendZeroCopy).count == 1)
    #expect(fixture.loop.operationCount == 0)
  }

  @Test func theRestOfAZeroCopySendWaitsForTheNotification() throws {
    let send = try fixture.start(.made(.sendZeroCopy, byteCount: 100, address: 0x1000))
    fixture.turn()
    try fixture.kernel.complete(.sendZeroCopy, 60, hasMore: true)
    fixture.turn(3)
    #expect(fixture.kernel.submissions(of: .sendZeroCopy).count == 1)
    try fixture.kernel.complete(.sendZeroCopy, 0)
    fixture.turn(2)
    let rest = try #require(fixture.kernel.submissions(of: .sendZeroCopy).last)
    #expect(rest.request.operand == 0x1000 + 60 && rest.request.count == 40)
    try fixture.kernel.complete(.sendZeroCopy, 40, hasMore: true)
    try fixture.kernel.complete(.sendZeroCopy, 0)
    fixture.turn(2)
    #expect(send.end?.result == 100)
  }

  /// `F_MORE` announces a notification even on an error (io_sendrecv_fail).
  @Test func anErrorOfAZeroCopySendWaitsForTheNotificationToo() throws {
    let send = try fixture.start(.made(.sendZeroCopy, byteCount: 100))
    fixture.turn()
    try fixture.kernel.complete(
      .sendZeroCopy, -Errno.notSupportedOnSocket.rawValue, hasMore: true)
    fixture.turn(3)
    #expect(fixture.kernel.submissions(of: .send).isEmpty)
    try fixture.kernel.complete(.sendZeroCopy, 0)
    fixture.turn(2)
    #expect(fixture.kernel.pendingCount(of: .send) == 1)
    try fixture.kernel.complete(.send, 100)
    fixture.turn()
    #expect(send.end?.result == 100)
    #expect(send.end?.token == send.token, "its name is what it was")
  }

  @Test func aZeroCopySendThatFailsWithoutNotificationEndsAtOnce() throws {
    fixture.kernel.refuse(.sendZeroCopy, .brokenPipe)
    let send = try fixture.start(.made(.sendZeroCopy, byteCount: 100))
    fixture.turn(2)
    #expect(send.end?.error == .brokenPipe)
  }

  @Test func aCancelledZeroCopySendKeepsItsMemoryUntilTheNotification() throws {
    fixture.kernel.reply(to: .cancel, 0)
    let send = try fixture.start(.made(.sendZeroCopy, byteCount: 100))
    fixture.turn()
    fixture.end(send)
    fixture.turn()
    try fixture.kernel.complete(.sendZeroCopy, 10, hasMore: true)
    fixture.turn(3)
    #expect(!send.hasEnded)
    try fixture.kernel.complete(.sendZeroCopy, 0)
    fixture.turn(2)
    #expect(send.end?.error == .canceled)
    #expect(send.end?.byteCount == 10)
    #expect(fixture.kernel.submissions(of: .sendZeroCopy).count == 1)
  }

  @Test func anOwnerIsLetGoAtTheEnd() throws {
    weak var watched: OperationHandler?
    do {
      let handler = OperationHandler { _, _ in }
      watched = handler
      _ = unsafe try fixture.loop.submit(.made(.receive, byteCount: 1), handler: handler)
    }
    fixture.turn()
    #expect(watched != nil)
    try fixture.kernel.complete(.receive, 1)
    fixture.turn()
    #expect(watched == nil)
  }
}
