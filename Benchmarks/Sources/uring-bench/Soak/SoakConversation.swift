// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Uring

/// One connection of a soak, from its connect to its end, by a task.
struct SoakConversation: Sendable {
  let script: SoakScript
  let peer: SoakPeer
  let phase: SoakPhase

  var connection: StreamConnection { peer.connection }
  var tally: SoakTally { peer.tally }

  /// Follows the script, and closes the connection whatever happens.
  func run(_ numbers: inout SoakNumbers) async throws {
    do {
      if script.server == .quitting {
        try await visitQuitter()
      } else {
        try await leave(at: try await exchange(&numbers))
      }
    } catch {
      connection.abort()
      await connection.close()
      throw error
    }
    await connection.close()
  }

  /// Does what the connection lives for.
  ///
  /// - Returns: How many bytes were sent, and have come back.
  private func exchange(_ numbers: inout SoakNumbers) async throws -> Int {
    switch script.exchange {
    case .lockstep(let count, let size):
      return try await exchange(count: count, size: size)
    case .pipelined(let count, let size), .delegate(let count, let size):
      async let sending: Void = sendAll(count, size)
      try await peer.receive(from: 0, to: count * size)
      try await sending
      tally.add { $0.messages += UInt64(count) }
      return count * size
    case .slowReader(let limit):
      return try await readSlowly(limit)
    case .idle(let count, let milliseconds):
      return try await idle(count: count, .milliseconds(milliseconds))
    case .cancelled(let count, let size):
      return try await exchangeCancelled(count: count, size: size, &numbers)
    }
  }

  /// One message after the other, as many as the phase lasts for.
  private func exchange(count: Int, size: Int) async throws -> Int {
    var offset = 0
    for _ in 0..<count {
      try await exchangeOne(size, at: offset)
      offset += size
      if phase.isOver { break }
    }
    return offset
  }

  /// Sends a message and receives it back.
  func exchangeOne(_ size: Int, at offset: Int) async throws {
    if size > Self.fittingSize {
      // The echo of a long message needs a reader before its last byte is out.
      async let sending: Void = peer.sendMessage(size, at: offset)
      try await peer.receive(from: offset, to: offset + size)
      try await sending
    } else {
      try await peer.sendMessage(size, at: offset)
      try await peer.receive(from: offset, to: offset + size)
    }
    tally.add { $0.messages += 1 }
  }

  /// Bytes that the kernel takes although nobody reads.
  private static let fittingSize = 1 << 14

  private func sendAll(_ count: Int, _ size: Int) async throws {
    for index in 0..<count { try await peer.sendMessage(size, at: index * size) }
  }
}
