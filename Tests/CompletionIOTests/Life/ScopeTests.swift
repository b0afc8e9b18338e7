// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

@Suite("Scopes", .timeLimit(.minutes(3)))
struct ScopeTests {
  enum Leaving: CaseIterable {
    case returning, throwing, cancelled
  }

  private struct Left: Error {}

  @Test("Leaving a listener's scope closes it", arguments: Leaving.allCases)
  func listener(_ leaving: Leaving) async throws {
    try await withLoops { group in
      let left = Task(executorPreference: group.loops[0]) {
        try await StreamListener.with(address: "127.0.0.1:0", on: group) { listener in
          switch leaving {
          case .returning: break
          case .throwing: throw Left()
          case .cancelled:
            unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
            _ = await failure { () async throws(SocketError) in try await listener.accept() }
          }
          return listener.acceptors
        }
      }
      let result = await left.result
      if leaving == .throwing {
        #expect(throws: Left.self) { try result.get() }
      } else {
        let acceptors = try result.get()
        #expect(acceptors.allSatisfy { $0.state == .closed })
      }
      #expect(await group.loops[0].ask { group.loops[0].registry.all.isEmpty })
    }
  }

  @Test(
    "Leaving a connection's scope closes it, and what was queued goes out only behind a return",
    arguments: Leaving.allCases)
  func connection(_ leaving: Leaving) async throws {
    try await withLoops { group in
      let listener = try PlainSocket.listening()
      let address = "\(try listener.localAddress)"
      let left = Task(executorPreference: group.loops[0]) {
        try await StreamConnection.with(address: address, on: group) { connection in
          try await connection.send([1])
          switch leaving {
          case .returning: connection.enqueue(copying: [2])
          case .throwing: throw Left()
          case .cancelled:
            unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
            _ = try await connection.receive()
          }
        }
      }
      let far = try listener.accept()
      let result = await left.result
      switch leaving {
      case .returning: try result.get()
      case .throwing: #expect(throws: Left.self) { try result.get() }
      case .cancelled: #expect(throws: SocketError.self) { try result.get() }
      }
      let expected: [UInt8] = leaving == .returning ? [1, 2] : [1]
      #expect(try far.receive(exactly: 3) == expected)
      #expect(await group.loops[0].ask { group.loops[0].registry.all.isEmpty })
    }
  }
}
