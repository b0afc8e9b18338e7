// SPDX-License-Identifier: Apache-2.0

import CLiburing
import SystemPackage
import TestSupport
import Testing

@testable import Uring

/// Timeouts on the running kernel: one of a millisecond fires, one of an hour must not.
@Suite struct TimeoutTests {
  private let request = Token(slot: 1, generation: 1, operation: .receive)
  private let timeout = Token(slot: 2, generation: 1, operation: .linkTimeout)
  private let memory = Memory([UInt8](repeating: 0, count: 64))

  /// What the kernel said to both of a linked pair.
  private func answers(_ completions: [Completion]) -> [Token: Int32] {
    Dictionary(uniqueKeysWithValues: completions.map { ($0.token, $0.result) })
  }

  /// Prepares a receive and the timeout that ends it.
  private func prepareReceive(
    _ descriptor: Descriptor, on ring: inout Ring, timeout limit: Duration,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let isPrepared = unsafe ring.prepare(
      .receive(descriptor, into: memory.start, byteCount: 64), token: request, timeout: limit,
      timeoutToken: timeout)
    #expect(isPrepared, sourceLocation: sourceLocation)
  }

  @Test(arguments: [Duration.milliseconds(1), .zero, .seconds(-1)])
  func completesInTime(_ duration: Duration) throws {
    var ring = try Ring.small()
    try ring.submit(.timeout(after: duration))
    let completions = try ring.next()
    #expect(completions.map(\.error) == [.timeout])
    #expect(completions.map(\.hasMore) == [false])
  }

  @Test(arguments: [Duration.seconds(3600), .seconds(Int64.max)])
  func isCancelled(_ duration: Duration) throws {
    var ring = try Ring.small()
    try ring.submit(.timeout(after: duration), slot: 1)
    #expect(ring.reapAll() == [])
    let token = Token(slot: 1, generation: 1, operation: .timeout)
    try ring.submit(.cancel(token), slot: 2)
    #expect(
      Set(try ring.next(2)) == [
        Completion(token: Token(slot: 2, generation: 1, operation: .cancel), result: 0),
        Completion(token: token, result: -Errno.canceled.rawValue),
      ])
    try ring.submit(.cancel(token), slot: 3)
    #expect(try ring.next().map(\.error) == [.noSuchFileOrDirectory])
  }

  /// Every place of the table is used many times over.
  @Test func manyComeInTheirOrder() throws {
    var ring = try Ring.small(submissions: 4)
    try ring.submit(.timeout(after: .seconds(3600)), slot: 99)
    for round in 0..<20 {
      for slot in 0..<4 {
        let isPrepared = ring.prepare(
          .timeout(after: .microseconds(slot * 50)),
          token: Token(slot: round * 4 + slot, generation: 1, operation: .timeout))
        #expect(isPrepared)
      }
      let completions = try ring.next(4)
      #expect(completions.map(\.token.slot).sorted() == (0..<4).map { round * 4 + $0 })
      #expect(completions.allSatisfy { $0.error == .timeout })
    }
  }

  @Test func endsARequestThatTakesTooLong() throws {
    var ring = try Ring.small()
    let pair = try SocketPair()
    prepareReceive(.file(pair.near), on: &ring, timeout: .milliseconds(1))
    #expect(
      answers(try ring.next(2)) == [
        request: -Errno.canceled.rawValue, timeout: -Errno.timeout.rawValue,
      ])
    // The socket is as it was.
    try pair.write([1, 2, 3])
    unsafe try ring.submit(.receive(.file(pair.near), into: memory.start, byteCount: 64))
    #expect(try ring.next().map(\.result) == [3])
  }

  @Test func letsARequestThatIsInTimeAlone() throws {
    var ring = try Ring.small()
    let pair = try SocketPair()
    prepareReceive(.file(pair.near), on: &ring, timeout: .seconds(3600))
    _ = try ring.enter()
    #expect(ring.reapAll() == [])
    try pair.write([1, 2, 3])
    #expect(answers(try ring.next(2)) == [request: 3, timeout: -Errno.canceled.rawValue])
  }

  /// Time is up before the kernel has told that the request is done, or not quite.
  @Test func aRequestThatNeedsNoTimeIsInTime() throws {
    var ring = try Ring.small()
    let nop = Token(slot: 1, generation: 1, operation: .nop)
    let isPrepared = ring.prepare(.nop, token: nop, timeout: .zero, timeoutToken: timeout)
    #expect(isPrepared)
    let completions = try ring.next(2)
    #expect(completions.first { $0.token == nop }?.result == 0)
    let error = try #require(completions.first { $0.token == timeout }?.error)
    #expect([.canceled, .noSuchFileOrDirectory, .timeout].contains(error))
  }

  @Test func endsWithARequestThatFailsAtOnce() throws {
    var ring = try Ring.small()
    prepareReceive(.file(FileDescriptor(rawValue: -1)), on: &ring, timeout: .seconds(3600))
    #expect(
      answers(try ring.next(2)) == [
        request: -Errno.badFileDescriptor.rawValue, timeout: -Errno.canceled.rawValue,
      ])
  }

  @Test func endsWithARequestThatIsCancelled() throws {
    var ring = try Ring.small()
    let pair = try SocketPair()
    prepareReceive(.file(pair.near), on: &ring, timeout: .seconds(3600))
    // By its own token it is not found.
    try ring.submit(.cancel(timeout), slot: 3)
    #expect(try ring.next().map(\.error) == [.noSuchFileOrDirectory])
    try ring.submit(.cancel(request), slot: 4)
    let all = answers(try ring.next(3))
    #expect(all.count == 3)
    #expect(all[Token(slot: 4, generation: 1, operation: .cancel)] == 0)
    #expect(all[request] == -Errno.canceled.rawValue)
    #expect(all[timeout] == -Errno.canceled.rawValue)
  }

  /// Closing a ring ends them and lets go of the socket, which the peer hears of.
  @Test(.timeLimit(.minutes(3))) func endsWithItsRing() throws {
    let listener = try PlainSocket.listening()
    let client = try PlainSocket.connected(to: listener.localAddress)
    do {
      var ring = try Ring.small()
      try ring.submit(.accept(from: listener.target))
      let server = FileDescriptor(rawValue: try #require(try ring.next().first).result)
      try ring.submit(.timeout(after: .seconds(3600)), slot: 3)
      let isPrepared = unsafe ring.prepare(
        .receive(.file(server), into: memory.start, byteCount: 64), token: request,
        timeout: .seconds(3600), timeoutToken: timeout)
      #expect(isPrepared)
      _ = try ring.enter()
      try server.close()
    }
    #expect(try client.receive(exactly: 1) == [])
  }

  /// As a kernel does that has no memory for the second one: the link is lost.
  @Test func aPairThatIsTakenInPartsHasNoTimeLimit() throws {
    var ring = try Ring.small()
    let pair = try SocketPair()
    prepareReceive(.file(pair.near), on: &ring, timeout: .milliseconds(1))
    let taken = ring.takeOne()
    #expect(taken == 1)
    #expect(ring.preparedCount == 1)
    #expect(answers(try ring.next()) == [timeout: -Errno.invalidArgument.rawValue])
    try pair.write([1])
    #expect(answers(try ring.next()) == [request: 1])
  }
}

extension Ring {
  /// Has the kernel take one of several prepared requests.
  fileprivate mutating func takeOne() -> Int32 {
    unsafe cell.pointee.sq.sqe_head = cell.pointee.sq.sqe_tail
    unsafe cell.pointee.sq.ktail.pointee = cell.pointee.sq.sqe_tail
    return io_uring_enter2(UInt32(descriptor.rawValue), 1, 0, 1, nil, 8)
  }
}
