// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import CompletionTestSupport
import Synchronization
import TestSupport
import Testing
import Uring

/// A served task that cancels itself, which nobody but the task can tell the connection.
@Suite("A served task's own cancellation", .timeLimit(.minutes(3)))
struct OwnersCancellationTests {
  enum Operation: CaseIterable {
    case receive, receiveIntoMemory, send, sendWhileMuchIsQueued
  }

  @Test(arguments: Operation.allCases)
  func endsItsNextWait(_ operation: Operation) async throws {
    try await withLoops { group in
      let seen = Mutex<SocketError?>(nil)
      try await withServer(on: group) { connection in
        unsafe withUnsafeCurrentTask { task in unsafe task?.cancel() }
        let error = await failure { () async throws(SocketError) in
          try await Self.perform(operation, on: connection)
        }
        seen.withLock { $0 = error }
      } _: { address in
        let client = try await StreamConnection.connect(to: address, on: group.next())
        // The body is over once its end of the connection is.
        while let chunk = try? await client.receive() { _ = chunk.byteCount }
        await client.close()
      }
      #expect(seen.withLock { $0 }?.cause == .cancellation)
    }
  }

  private static func perform(
    _ operation: Operation, on connection: StreamConnection
  ) async throws(SocketError) {
    switch operation {
    case .receive: _ = try await connection.receive()?.byteCount
    case .receiveIntoMemory: _ = try await connection.receive(1)
    case .send: try await connection.send(numbered(1 << 24))
    case .sendWhileMuchIsQueued:
      while true { try await connection.send(numbered(1 << 20)) }
    }
  }
}
