// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import TestSupport
import Testing

@testable import CompletionIO

/// What a loop counts of the bytes of its connections.
@Suite("Counted bytes", .timeLimit(.minutes(3)))
struct ByteCountTests {
  @Test("Every way to receive is counted", arguments: ["lease", "memory", "reader"])
  func received(by way: String) async throws {
    try await withPair { near, far in
      let byteCount = 100_000
      let sending = Task {
        try await near.send(numbered(byteCount))
        try await near.finishSending()
      }
      var reader = ByteReader(far)
      switch way {
      case "lease": _ = try await far.receiveAll()
      case "memory": while try await far.receive(3000).count > 0 {}
      default: while try await reader.read() {}
      }
      try await sending.value
      let statistics = await far.loop.ask { far.loop.statistics }
      #expect(statistics.bytesReceived == byteCount && statistics.bytesSent == byteCount)
      #expect(statistics.chunksReceived > 0)
    }
  }
}
