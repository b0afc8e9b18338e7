// SPDX-License-Identifier: Apache-2.0

package import CompletionIO
import TestSupport
package import Uring

extension StreamConnection {
  /// Receives into memory: at most so many bytes, fewer if fewer have come, none at the end.
  package func receive(
    _ limit: Int, timeout: Duration? = nil
  ) async throws(SocketError) -> [UInt8] {
    var memory = [UInt8](repeating: 0, count: limit)
    let count: Int
    do {
      var span = memory.mutableSpan
      var bytes = unsafe span.mutableBytes
      count = try await receive(into: &bytes, timeout: timeout) ?? 0
    }
    return Array(memory[..<count])
  }

  /// Sends numbered bytes, message by message, and checks that they come back in order, while the
  /// next messages go out.
  package func exchange(
    _ byteCount: Int, from start: Int = 0, times: Int = 1, pipeline: Int = 1
  ) async throws {
    var done = 0
    while done < times {
      let count = min(pipeline, times - done)
      let start = start + done * byteCount
      // The echo of a long message needs a reader before its last byte is out.
      async let sending: Void = sendEach(byteCount, count, from: start)
      let back = try await receive(atMost: count * byteCount)
      try await sending
      let expected = numbered(count * byteCount, from: start)
      if let wrong = WrongBytes(received: back, expected: expected) { throw wrong }
      done += count
    }
  }

  private func sendEach(_ byteCount: Int, _ count: Int, from start: Int) async throws {
    for index in 0..<count {
      try await send(numbered(byteCount, from: start + index * byteCount))
    }
  }
}

/// What a throwing call throws; `nil` if it returns.
package func failure<Result>(
  _ body: () async throws(SocketError) -> Result
) async -> SocketError? {
  do throws(SocketError) {
    _ = try await body()
    return nil
  } catch {
    return error
  }
}

/// Starts a call in a task, whose value is what it throws; `nil` if it returns.
package func attempt<Result>(
  _ body: @escaping @Sendable () async throws(SocketError) -> Result
) -> Task<SocketError?, Never> {
  Task { await failure(body) }
}

/// Connects to a server so many times at once, does something with each connection, and closes it.
package func visit(
  _ server: SocketAddress, times count: Int, on group: CompletionLoopGroup,
  options: SocketOptions = SocketOptions(),
  _ body: @escaping @Sendable (_ connection: StreamConnection, _ index: Int) async throws -> Void
) async throws {
  try await withThrowingTaskGroup { tasks in
    for index in 0..<count {
      tasks.addTask {
        let connection = try await StreamConnection.connect(
          to: server, on: group.next(), options: options)
        try await body(connection, index)
        await connection.close()
      }
    }
    try await tasks.waitForAll()
  }
}
