// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import SystemPackage
import Testing
import Uring

@testable import CompletionIO

@Suite("Accepting", .timeLimit(.minutes(3)))
struct AcceptTests {
  @Test("One at a time, and no more ahead than the limit", arguments: [1, 2])
  func unclaimedLimit(loopCount: Int) async throws {
    try await withLoops(loopCount, { $0.unclaimedConnectionLimit = 4 }) { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      let first = try await StreamConnection.connect(to: listener.localAddress, on: group.next())
      var accepted = [try await listener.accept()]
      var clients = [first]
      for _ in 0..<100 {
        clients.append(
          try await StreamConnection.connect(to: listener.localAddress, on: group.next()))
      }
      // Paused: what is left waits in the kernel.
      for acceptor in listener.acceptors { await acceptor.loop.until { !acceptor.isAccepting } }
      var acceptedCount = 0
      for loop in group.loops {
        acceptedCount += await loop.ask { Int(loop.statistics.accepted) }
      }
      #expect(acceptedCount < 101)
      for (index, client) in clients.enumerated() { try await client.send([UInt8(index)]) }
      while accepted.count < clients.count { accepted.append(try await listener.accept()) }
      var seen: Set<UInt8> = []
      for connection in accepted { seen.formUnion(try await connection.receive(atMost: 1)) }
      #expect(seen.count == clients.count)
      for connection in clients + accepted { await connection.close() }
    }
  }

  @Test("Several tasks accept at once, while others give up")
  func severalTasks() async throws {
    try await withLoops(2, { $0.unclaimedConnectionLimit = 1 }) { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      let accepting = (0..<20).map { _ in Task { try await listener.accept() } }
      let givingUp = (0..<20).map { _ in
        Task { await failure { () async throws(SocketError) in try await listener.accept() } }
      }
      // Those that were given a connection before their cancel keep it, and drop it.
      for task in givingUp { task.cancel() }
      var clients: [StreamConnection] = []
      var lost = 0
      for task in givingUp where await task.value == nil { lost += 1 }
      for _ in 0..<20 + lost {
        clients.append(
          try await StreamConnection.connect(to: listener.localAddress, on: group.next()))
      }
      for task in accepting { await (try task.value).close() }
      for client in clients { await client.close() }
    }
  }

  @Test("Whoever waits for a listener's end hears of it, however it ends", arguments: [1, 2])
  func endIsWaitedFor(loopCount: Int) async throws {
    try await withLoops(loopCount) { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      async let first: Void = listener.close()
      async let second: Void = listener.close()
      let other = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      let serving = Task { try await other.serve { _ in } }
      async let third: Void = other.close()
      listener.abort()
      await first
      await second
      await group.close()
      await third
      // It may have come too late to serve.
      _ = await serving.result
      await other.close()
    }
  }

  @Test("A close ends the tasks that wait")
  func closeEndsWaiters() async throws {
    try await withLoops(2) { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      let accepting = (0..<4).map { _ in
        Task { await failure { () async throws(SocketError) in _ = try await listener.accept() } }
      }
      await listener.acceptors[0].loop.until { listener.acceptors[0].isAccepting }
      listener.abort()
      for task in accepting { #expect(await task.value?.cause == .closed) }
    }
  }
}
