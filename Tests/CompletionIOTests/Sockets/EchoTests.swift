// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import CompletionTestSupport
import TestSupport
import Testing
import Uring

/// The design's own snippet, on real sockets.
@Suite("Echo", .timeLimit(.minutes(3)))
struct EchoTests {
  @Test("The snippet", arguments: [1, 2], ["127.0.0.1:0", "[::1]:0", "unix"])
  func snippet(loopCount: Int, address: String) async throws {
    let address = address == "unix" ? abstractName() : address
    try await withLoops(loopCount, LoopConfiguration.inPieces) { group in
      let listener = try await StreamListener.bind(to: address, on: group)
      let serving = Task {
        try await listener.serve { connection in  // a task per connection, on its own loop
          while let chunk = try await connection.receive() {  // a lease of a kernel-filled buffer
            try await connection.send(chunk.bytes)  // borrowed RawSpan; whole or throws
          }  // the lease returns its buffer here
        }
      }
      for byteCount in [1, 64, 3001, 65536, 1 << 20] {
        let connection = try await StreamConnection.connect(
          to: listener.localAddress, on: group.next())
        try await connection.exchange(byteCount, times: byteCount > 4096 ? 2 : 20)
        try await connection.exchange(byteCount, times: byteCount > 65536 ? 4 : 32, pipeline: 16)
        try await connection.finishSending()
        #expect(try await connection.receiveAll() == [])
        await connection.close()
      }
      listener.abort()
      try await serving.value
    }
  }

  /// The ways to write an echo server.
  enum Face: CaseIterable {
    case bytes, lease, handler, intoMemory
  }

  @Test("Every face, many connections at once", arguments: Face.allCases)
  func manyConnections(face: Face) async throws {
    try await withLoops(2, LoopConfiguration.inPieces) { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      let serving = Task { try await serve(listener, face) }
      try await visit(listener.localAddress, times: 500, on: group) { connection, index in
        try await connection.exchange(index + 1, times: 4, pipeline: 2)
        if index % 50 == 0 { try await connection.exchange(300_000, times: 3, pipeline: 3) }
      }
      listener.abort()
      try await serving.value
    }
  }

  func serve(_ listener: StreamListener, _ face: Face) async throws {
    switch face {
    case .bytes:
      try await listener.serve { connection in
        while let chunk = try await connection.receive() { try await connection.send(chunk.bytes) }
      }
    case .lease:
      try await listener.serve { connection in
        while let chunk = try await connection.receive() { try await connection.enqueue(chunk) }
      }
    case .handler:
      try listener.handle(
        StreamHandler(
          received: { stream, chunk in stream.enqueue(chunk) },
          ended: { stream, _ in stream.close() }))
    case .intoMemory:
      try await listener.serve { connection in
        var memory = [UInt8](repeating: 0, count: 5000)
        while true {
          var span = memory.mutableSpan
          var bytes = unsafe span.mutableBytes
          guard let count = try await connection.receive(into: &bytes) else { return }
          try await connection.send(unsafe memory.span.bytes.extracting(0..<count))
        }
      }
    }
  }
}
