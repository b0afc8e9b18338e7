// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Uring

// Waits that end early, and readers that are slower than their server.
extension SoakConversation {
  /// Sends until nobody takes more, reads slowly for a while, then everything.
  func readSlowly(_ limit: Int) async throws -> Int {
    let sent = try await sendUntilStuck(limit)
    var received = 0
    for _ in 0..<16 where received < sent {
      guard let count = try await peer.receive(at: received) else {
        throw SoakFault.endedEarly(at: received, of: sent)
      }
      received += count
      try await connection.loop.sleep(for: .milliseconds(2))
    }
    try await peer.receive(from: received, to: sent)
    tally.add { $0.messages += 1 }
    return sent
  }

  /// - Returns: How many bytes went out before a send met its deadline.
  private func sendUntilStuck(_ limit: Int) async throws(SocketError) -> Int {
    var sent = 0
    while sent < limit {
      let piece = min(1 << 16, limit - sent)
      do throws(SocketError) {
        try await peer.send(piece, at: sent, timeout: .milliseconds(50))
        sent += piece
      } catch {
        guard error.isTimeout else { throw error }
        tally.expected(error)
        return sent + error.byteCount
      }
    }
    return sent
  }

  /// Waits in vain behind each message, by the deadline of a receive or of a scope.
  func idle(count: Int, _ time: Duration) async throws -> Int {
    for index in 0..<count {
      try await exchangeOne(1, at: index)
      let isByScope = index % 2 == 1
      let byteCount: Int?
      do throws(SocketError) {
        byteCount = try await isByScope ? receiveInScope(time) : receiveOnce(time)
      } catch {
        guard error.isTimeout else { throw error }
        tally.expected(error)
        continue
      }
      throw byteCount.map { .bytesFromNowhere($0) }
        ?? SoakFault.endedEarly(at: index + 1, of: count)
    }
    return count
  }

  private func receiveOnce(_ time: Duration? = nil) async throws(SocketError) -> Int? {
    try await connection.receive(timeout: time)?.byteCount
  }

  private func receiveInScope(_ time: Duration) async throws(SocketError) -> Int? {
    try await connection.withDeadline(connection.loop.now + time) { () async throws(SocketError) in
      try await receiveOnce()
    }
  }

  /// Sends and receives in tasks that are cancelled at some moment, and goes on behind what they
  /// have moved.
  func exchangeCancelled(
    count: Int, size: Int, _ numbers: inout SoakNumbers
  ) async throws -> Int {
    var offset = 0
    for index in 0..<count {
      let patience = Int.random(in: 0...40, using: &numbers)
      let sent = index % 2 == 0 ? size : try await sendCancelled(size, at: offset, after: patience)
      if index % 2 == 0 { try await peer.sendMessage(size, at: offset) }
      let received = try await receiveCancelled(at: offset, after: patience)
      try await peer.receive(from: offset + received, to: offset + sent)
      tally.add { $0.messages += 1 }
      offset += sent
      if phase.isOver { break }
    }
    return offset
  }

  /// - Returns: How many bytes went out.
  private func sendCancelled(
    _ size: Int, at offset: Int, after patience: Int
  ) async throws -> Int {
    try await cancelled(after: patience) { [peer, tally] in
      do throws(SocketError) {
        try await peer.send(size, at: offset)
        return size
      } catch {
        guard error.isCancellation else { throw error }
        tally.expected(error)
        return error.byteCount
      }
    }
  }

  /// - Returns: How many bytes came.
  private func receiveCancelled(at offset: Int, after patience: Int) async throws -> Int {
    try await cancelled(after: patience) { [peer, tally] in
      do {
        guard let count = try await peer.receive(at: offset) else {
          throw SoakFault.endedEarly(at: offset, of: offset + 1)
        }
        return count
      } catch let error as SocketError where error.isCancellation {
        tally.expected(error)
        return 0
      }
    }
  }

  /// Runs a body in a task of its own and cancels it after so many turns of this one.
  private func cancelled(
    after patience: Int, _ body: @escaping @Sendable () async throws -> Int
  ) async throws -> Int {
    try await withThrowingTaskGroup(of: Int.self) { group in
      group.addTask { try await body() }
      for _ in 0..<patience { await Task.yield() }
      group.cancelAll()
      return try await group.next() ?? 0
    }
  }
}
