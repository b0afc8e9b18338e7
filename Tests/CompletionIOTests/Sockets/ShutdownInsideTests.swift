// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import Synchronization
import TestSupport
import Testing

@testable import CompletionIO

/// Shutdowns by child tasks of a body, for which the body waits, and by tasks that it only starts.
@Suite("Shutdown from inside", .timeLimit(.minutes(3)))
struct ShutdownInsideTests {
  enum Way: CaseIterable {
    case asyncLet, group, nested
  }

  @Test("A child of a body waits for the grace, and no longer", arguments: Way.allCases)
  func child(way: Way) async throws {
    let forced = try await served { group in
      let grace = Duration.milliseconds(20)
      switch way {
      case .asyncLet:
        async let ending = group.shutdown(grace: grace)
        return try await ending
      case .group:
        return try await withThrowingTaskGroup(of: Int.self) { tasks in
          tasks.addTask { try await group.shutdown(grace: grace) }
          return try await tasks.next()
        }
      case .nested:
        async let outer = {
          async let inner = group.shutdown(grace: grace)
          return try await inner
        }()
        return try await outer
      }
    }
    #expect(forced == 1)
  }

  @Test("A child of a body that closes the group returns once the body is cancelled")
  func childCloses() async throws {
    let isCancelled = try await served { group in
      async let closing: Void = group.close()
      await closing
      return Task.isCancelled ? 1 : 0
    }
    #expect(isCancelled == 1)
  }

  @Test("A task that a body only starts waits until the group is closed")
  func unstructured() async throws {
    let ended = Tally()
    let group = try CompletionLoopGroup(count: 2)
    let task = Mutex<Task<Int, any Error>?>(nil)
    _ = try await served(by: group) { group in
      let shutdown = Task {
        let forced = try await group.shutdown(grace: .seconds(3600))
        if group.loops.allSatisfy(\.hasEnded) { ended.add() }
        return forced
      }
      task.withLock { $0 = shutdown }
      return 0
    }
    #expect(try await task.withLock { $0 }?.value == 0)
    #expect(ended.value == 1)
  }

  /// Serves one connection with a body, and returns what the body does.
  private func served(
    by given: CompletionLoopGroup? = nil,
    _ body: @escaping @Sendable (CompletionLoopGroup) async throws -> Int?
  ) async throws -> Int? {
    let group = try given ?? CompletionLoopGroup(count: 2)
    let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
    let result = Mutex<Int?>(nil)
    let serving = Task {
      try await listener.serve { connection in
        let value = try await body(group)
        result.withLock { $0 = value }
        await connection.close()
      }
    }
    try await withLoops { clients in
      let client = try await StreamConnection.connect(
        to: listener.localAddress, on: clients.loops[0])
      _ = await failure { () async throws(SocketError) in _ = try await client.receiveAll() }
      listener.abort()
      try? await serving.value
      await client.close()
    }
    await group.close()
    return result.withLock { $0 }
  }
}
