// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// A clean end was told as a reset, when a send before it had been cut: a connection hangs up behind
/// the ends of both sides too.
@Suite(.timeLimit(.minutes(3))) struct EndBehindCutSendTests {
  /// How the end of the stream is asked for.
  enum Face: CaseIterable {
    case receive, intoMemory, handler
  }

  enum Family: CaseIterable {
    case tcp, unix

    var address: String { self == .tcp ? "127.0.0.1:0" : abstractName() }
  }

  @Test(arguments: Face.allCases, Family.allCases)
  func aCleanEndBehindOurOwnIsNoReset(_ face: Face, _ family: Family) async throws {
    try await withLoops { group in
      let pair = try await ConnectionPair(on: group, at: family.address, options: .tight)
      try await cutSend(on: pair.near)
      let far = pair.far
      let reading = Task { try await far.receiveAll().count }
      try await pair.near.finishSending()
      _ = try await reading.value
      await far.close()
      #expect(await end(of: pair.near, face) == nil)
      await pair.near.close()
    }
  }

  /// The sending half is still open, so that a connection that has hung up was reset.
  @Test(arguments: Face.allCases, Family.allCases)
  func aCleanEndBesideAnOpenHalfIsNoReset(_ face: Face, _ family: Family) async throws {
    try await withPair(at: family.address, options: .tight) { near, far in
      try await cutSend(on: near)
      try await far.finishSending()
      #expect(await end(of: near, face) == nil)
    }
  }

  @Test(arguments: Face.allCases)
  func aResetIsTold(_ face: Face) async throws {
    try await withLoops { group in
      let listener = try PlainSocket.listening()
      let near = try await StreamConnection.connect(
        to: listener.localAddress, on: group.loops[0], options: .tight)
      let far = try listener.accept()
      try await cutSend(on: near)
      far.reset()
      #expect(await end(of: near, face)?.errno == .connectionReset)
      await near.close()
    }
  }

  /// Leaves a part of a send on the way, whose deadline has passed.
  private func cutSend(on connection: StreamConnection) async throws {
    let error = await failure { () async throws(SocketError) in
      try await connection.send(numbered(4 << 20), timeout: .milliseconds(20))
    }
    #expect(error?.cause == .timeout)
    try #require((error?.byteCount ?? 0) > 0)
  }

  /// How the stream ends: `nil` in good order.
  private func end(of connection: StreamConnection, _ face: Face) async -> SocketError? {
    await failure { () async throws(SocketError) in
      switch face {
      case .receive: #expect(try await connection.receive()?.byteCount == nil)
      case .intoMemory: #expect(try await connection.receive(8) == [])
      case .handler: try await connection.endTold()
      }
    }
  }
}

extension StreamConnection {
  /// Waits for what a handler is told of the end.
  func endTold() async throws(SocketError) {
    let result = await withCheckedContinuation { continuation in
      stream.start(
        StreamHandler(
          received: { _, _ in },
          ended: { _, error in continuation.resume(returning: error) }))
    }
    if let result { throw result }
  }
}
