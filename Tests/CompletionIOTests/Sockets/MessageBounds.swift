// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import TestSupport
import Testing

@testable import CompletionIO

/// Has eight tasks send four messages each at the same time, and requires each message to arrive
/// whole.
///
/// - Parameters:
///   - byteCount: Of a message, all of whose bytes are the same.
///   - near: The sending end of a connection whose buffers are smaller than the messages.
///   - far: The other end.
///   - loops: Where the tasks run, in turn; anywhere if there are none.
///   - send: Sends one message of the byte.
/// - Throws: A requirement that is not met, and errors of the connection.
func requireWholeMessages(
  of byteCount: Int, from near: StreamConnection, to far: StreamConnection,
  on loops: [CompletionLoop] = [],
  _ send: @escaping @Sendable (StreamConnection, UInt8) async throws -> Void
) async throws {
  try await withThrowingTaskGroup { tasks in
    for sender in 0..<8 {
      tasks.addTask(executorPreference: loops.isEmpty ? nil : loops[sender % loops.count]) {
        for _ in 0..<4 { try await send(near, UInt8(sender)) }
      }
    }
    let all = try await far.receive(atMost: 32 * byteCount)
    for start in stride(from: 0, to: all.count, by: byteCount) {
      let message = all[start..<start + byteCount]
      try #require(message.allSatisfy { $0 == message.first })
    }
    try await tasks.waitForAll()
  }
}

/// Sends on behind a send that was cut, and expects the next byte right behind the last that went
/// out.
///
/// - Parameters:
///   - cut: How many bytes of the message went out.
///   - message: The bytes of the send that was cut.
///   - near: The end that sends.
///   - far: The other end.
///   - sourceLocation: Where the expectation is.
/// - Throws: Errors of the connection.
func expectNextSend(
  behind cut: Int, of message: [UInt8], from near: StreamConnection, to far: StreamConnection,
  sourceLocation: SourceLocation = #_sourceLocation
) async throws {
  async let next: Void = near.send([UInt8](repeating: 0xee, count: 1000))
  let received = try await far.receive(atMost: cut + 1000)
  let expected = message[..<cut] + [UInt8](repeating: 0xee, count: 1000)
  #expect(firstDifference(received, Array(expected)) == nil, sourceLocation: sourceLocation)
  try await next
}
