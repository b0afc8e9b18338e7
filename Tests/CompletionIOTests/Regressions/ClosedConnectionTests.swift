// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// What is known of a connection after its end, and when its end is over.
@Suite(.timeLimit(.minutes(3))) struct ClosedConnectionTests {
  /// A number was used after its descriptor had been closed: another connection's peer was told.
  @Test func thePeerOfAClosedConnectionIsNotAnothers() async throws {
    try await withLoops { group in
      let first = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      let second = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      let closed = try await StreamConnection.connect(
        to: first.localAddress, on: group.loops[0])
      await closed.close()
      let other = try await StreamConnection.connect(
        to: second.localAddress, on: group.loops[0])
      #expect(closed.peerAddress == first.localAddress)
      #expect(other.peerAddress == second.localAddress)
      let error = await failure { () async throws(SocketError) in try await closed.send([1]) }
      #expect(error?.cause == .closed && error?.peer == first.localAddress)
      await other.close()
    }
  }

  /// Errors had no peer after a reset, nor of any connection of a direct table.
  @Test(arguments: [false, true])
  func anErrorOfAConnectionThatWasResetNamesItsPeer(_ isDirect: Bool) async throws {
    try await withLoops(1, { $0.directDescriptorCount = isDirect ? directPlaces(16) : 0 }) {
      group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      let client = try PlainSocket.connected(to: listener.localAddress)
      let address = try client.localAddress
      let accepted = try await listener.accept()
      #expect(accepted.peerAddress == address)
      #expect(accepted.localAddress == listener.localAddress)
      client.reset()
      let error = await failure { () async throws(SocketError) in _ = try await accepted.receive() }
      #expect(error?.errno == .connectionReset && error?.operation == .receive)
      #expect(error?.peer == address)
      await accepted.close()
    }
  }

  /// After its own end of sending a send was told that the peer had closed, and bytes that had
  /// arrived were lost.
  @Test(arguments: [false, true])
  func aSendBehindOurOwnEndIsRefusedAndNothingElse(_ isEnqueued: Bool) async throws {
    try await withPair { near, far in
      try await near.finishSending()
      try await far.send([1, 2, 3])
      let error = await failure { () async throws(SocketError) in
        guard isEnqueued else { return try await near.send([9]) }
        try await near.enqueue(unsafe BufferLease(copying: [9].span.bytes))
      }
      #expect(error?.errno == .brokenPipe && error?.cause == .finished)
      #expect(try await near.receive(atMost: 3) == [1, 2, 3])
      try await far.finishSending()
      #expect(try await near.receiveAll() == [])
      #expect(try await far.receiveAll() == [])
    }
  }

  /// After the cancellation of one task a connection was dead for every other.
  @Test func aFreshTaskMaySendAGoodbye() async throws {
    try await withPair { near, far in
      let receiving = attempt { () async throws(SocketError) in _ = try await near.receive() }
      await near.loop.until { near.stream.receiving.receiver != nil }
      receiving.cancel()
      #expect(await receiving.value?.cause == .cancellation)
      try await Task { try await near.send([7]) }.value
      #expect(try await far.receive(atMost: 1) == [7])
    }
  }

  @Test func aBodyThatIsCancelledMayHaveAnotherTaskSendAGoodbye() async throws {
    try await withLoops { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      let isServed = Event()
      let serving = Task {
        try await listener.serve { connection in
          isServed.happen()
          let error = await failure { () async throws(SocketError) in
            _ = try await connection.receive()
          }
          #expect(error?.cause == .cancellation)
          try await Task { try await connection.send([7]) }.value
        }
      }
      let client = try await StreamConnection.connect(
        to: listener.localAddress, on: group.loops[0])
      await isServed.wait()
      serving.cancel()
      #expect(try await client.receive(atMost: 1) == [7])
      try await serving.value
      await client.close()
    }
  }
}
