// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// Peers that reset the connection (SO_LINGER 0) at every moment of its life.
@Suite("Resets", .timeLimit(.minutes(3)))
struct ResetTests {
  /// What the connection is doing when the reset comes.
  enum Moment: CaseIterable {
    case notAccepted, idle, receiving, receivingIntoMemory, withUnclaimedBytes
    case sending, sendQueued, finishing, receivingAndSending, withDeadline, closing
  }

  @Test(
    "The operation under way says so, and the loop goes on", arguments: Moment.allCases,
    Set([0, directPlaces(32)]).sorted())
  func everyMoment(moment: Moment, placeCount: UInt32) async throws {
    try await withLoops(1, { $0.directDescriptorCount = placeCount }) { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group, options: .tight)
      for _ in 0..<8 {
        let peer = try PlainSocket.connected(to: listener.localAddress)
        if moment == .withUnclaimedBytes { peer.send(numbered(500)) }
        let held = HeldPeer(peer)
        if moment == .notAccepted { held.reset() }
        let near = try await listener.accept()
        let errors = await outcome(of: moment, on: near) { held.reset() }
        #expect(!errors.isEmpty)
        for error in errors {
          let expected: Set<Errno?> = [.connectionReset, .brokenPipe, .socketNotConnected]
          #expect(expected.contains(error?.errno), "\(moment): \(String(describing: error))")
        }
        await near.close()
      }
      try await expectUnharmed(group.loops[0], listener)
    }
  }

  /// Starts what the moment asks for, resets once it is under way, and tells the errors.
  private func outcome(
    of moment: Moment, on near: StreamConnection, reset: () -> Void
  ) async -> [SocketError?] {
    let loop = near.loop
    let large = numbered(1 << 20)
    var tasks: [Task<SocketError?, Never>] = []
    switch moment {
    case .notAccepted, .idle:
      reset()
    case .receiving, .withDeadline:
      let timeout: Duration? = moment == .withDeadline ? .seconds(3600) : nil
      tasks = [
        attempt { () async throws(SocketError) in _ = try await near.receive(timeout: timeout) }
      ]
      await loop.until { near.stream.receiving.receiver != nil }
      reset()
    case .receivingIntoMemory:
      tasks = [
        attempt { () async throws(SocketError) in _ = try await near.receive(9) }
      ]
      await loop.until { near.stream.receiving.state == .reading }
      reset()
    case .withUnclaimedBytes:
      tasks = [
        attempt { () async throws(SocketError) in
          // What had come before the reset may still be had.
          while let chunk = try await near.receive() { _ = chunk.byteCount }
        }
      ]
      reset()
    case .sending, .sendQueued, .finishing, .receivingAndSending, .closing:
      tasks = [attempt { () async throws(SocketError) in try await near.send(large) }]
      await loop.until { near.stream.sending.state == .sending(.waiting) }
      tasks += followers(moment, near)
      reset()
    }
    if tasks.isEmpty {
      tasks = [attempt { () async throws(SocketError) in _ = try await near.receive() }]
    }
    var errors: [SocketError?] = []
    for task in tasks { errors.append(await task.value) }
    return errors
  }

  /// What queues behind a send that waits.
  private func followers(
    _ moment: Moment, _ near: StreamConnection
  ) -> [Task<SocketError?, Never>] {
    switch moment {
    case .sendQueued:
      return [attempt { () async throws(SocketError) in try await near.send([1, 2, 3]) }]
    case .finishing:
      return [attempt { () async throws(SocketError) in try await near.finishSending() }]
    case .receivingAndSending:
      return [attempt { () async throws(SocketError) in _ = try await near.receive() }]
    case .closing:
      // Waits for the send, whose end is also its own.
      Task { await near.close() }
      return []
    default:
      return []
    }
  }

  private func expectUnharmed(_ loop: CompletionLoop, _ listener: StreamListener) async throws {
    let near = try await StreamConnection.connect(to: listener.localAddress, on: loop)
    let far = try await listener.accept()
    try await near.send([4, 2])
    #expect(try await far.receive(atMost: 2) == [4, 2])
    await near.close()
    await far.close()
    listener.abort()
    // The wake-up.
    await loop.until { loop.operationCount == 1 }
    #expect(await loop.ask { loop.leaseCount == 0 })
    #expect(await loop.ask { loop.statistics.staleCompletions } == 0)
  }

  @Test(
    "After so many bytes of a send",
    arguments: [0, 1, 2, 100, 4095, 4096, 9001, 65_536, 200_003, 1_000_000])
  func duringSend(readCount: Int) async throws {
    try await withLoops { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group, options: .tight)
      let peer = try PlainSocket.connected(to: listener.localAddress)
      let near = try await listener.accept()
      let message = numbered(4 << 20)
      // On the loop's thread, because the peer's receive keeps the test's own waiting.
      let sending = Task(executorPreference: near.loop) {
        await failure { () async throws(SocketError) in try await near.send(message) }
      }
      let received = try peer.receive(exactly: readCount)
      #expect(firstDifference(received, message[..<readCount]) == nil)
      peer.reset()
      let error = try #require(await sending.value)
      #expect(error.errno == .connectionReset || error.errno == .brokenPipe)
      #expect(error.cause == .kernel)
      #expect(error.byteCount >= readCount && error.byteCount < message.count)
      await near.close()
    }
  }

  @Test(
    "After so many bytes of a receive", arguments: [0, 1, 500, 5000, 50_000], [false, true])
  func duringReceive(sentCount: Int, intoMemory: Bool) async throws {
    try await withLoops(1, { $0.bufferCount = 2 }) { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      let peer = try PlainSocket.connected(to: listener.localAddress)
      let near = try await listener.accept()
      let message = numbered(sentCount)
      #expect(peer.send(message) == sentCount)
      let held = HeldPeer(peer)
      var received: [UInt8] = []
      let error = await failure { () async throws(SocketError) in
        while true {
          if received.count == sentCount { held.reset() }
          let piece =
            if intoMemory { try await near.receive(777) } else {
              try await near.receive(atMost: 1)
            }
          if piece.isEmpty { return }
          received += piece
        }
      }
      #expect(firstDifference(received, message) == nil)
      #expect(error?.errno == .connectionReset)
      await near.close()
    }
  }

  @Test("Of a connect", arguments: ["backlog", "accepted", "nobody"])
  func duringConnect(how: String) async throws {
    try await withLoops { group in
      let loop = group.loops[0]
      for _ in 0..<8 {
        if how == "nobody" {
          let bound = try PlainSocket.bound()
          let address = try bound.localAddress
          let error = await failure { () async throws(SocketError) in
            _ = try await StreamConnection.connect(to: address, on: loop)
          }
          #expect(error?.errno == .connectionRefused)
          continue
        }
        let listener = try PlainSocket.listening()
        let address = try listener.localAddress
        let near = try await StreamConnection.connect(to: address, on: loop)
        if how == "accepted" { try listener.accept().reset() }
        // Closing a listener resets what waits in its backlog.
        _ = consume listener
        let error = await failure { () async throws(SocketError) in _ = try await near.receive() }
        #expect(error?.errno == .connectionReset)
        let sendError = await failure { () async throws(SocketError) in try await near.send([1]) }
        #expect(sendError?.errno == .brokenPipe || sendError?.errno == .connectionReset)
        await near.close()
      }
      await loop.until { loop.operationCount == 1 }
    }
  }
}

/// A peer that is reset from inside a closure.
private final class HeldPeer {
  private var socket: PlainSocket?

  init(_ socket: consuming PlainSocket) {
    self.socket = consume socket
  }

  func reset() {
    socket.take()?.reset()
  }
}
