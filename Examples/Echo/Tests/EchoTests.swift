// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Testing

@testable import Echo

@Suite("Echo", .timeLimit(.minutes(3)))
struct EchoTests {
  @Test("Every byte comes back in order, while more are sent")
  func manyBytes() async throws {
    try await withEcho { address, clients in
      let bytes = (0..<2_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
      let client = try await StreamConnection.connect(to: address, on: clients)
      async let sending: Void = send(bytes, on: client)
      let echoed = try await receiveAll(from: client)
      try await sending
      // Not an expectation of arrays, which would be minutes in the telling.
      #expect(echoed.count == bytes.count)
      #expect(echoed.elementsEqual(bytes))
      await client.close()
    }
  }

  @Test("Connections do not hold each other up")
  func severalConnections() async throws {
    try await withEcho { address, clients in
      let silent = try await StreamConnection.connect(to: address, on: clients)
      for text in ["one", "two", "three"] {
        let client = try await StreamConnection.connect(to: address, on: clients)
        try await client.send(Array(text.utf8))
        try await client.finishSending()
        let echoed = try await receiveAll(from: client)
        #expect(String(decoding: echoed, as: UTF8.self) == text)
        await client.close()
      }
      await silent.close()
    }
  }

  @Test("A drain ends connections that are idle, and none by force")
  func drain() async throws {
    let server = try CompletionLoopGroup(count: 1)
    let listener = try await StreamListener.bind(to: .loopback(port: 0), on: server)
    async let serving: Void = serveEcho(on: listener)
    try await CompletionLoopGroup.with(count: 1) { clients in
      let client = try await StreamConnection.connect(to: listener.localAddress, on: clients)
      try await client.send([1, 2, 3])
      var reader = ByteReader(client)
      let isThere = try await reader.read(exactly: 3)
      #expect(isThere && [UInt8](copying: reader.element) == [1, 2, 3])
      let forcedCount = try await server.shutdown(grace: .seconds(30))
      #expect(forcedCount == 0)
      let goesOn = try await reader.read()
      #expect(!goesOn)
      await client.close()
    }
    try await serving
  }

  @Test("A port that is taken is an error that says so")
  func takenPort() async throws {
    try await withEcho { address, clients in
      let error = await #expect(throws: SocketError.self) {
        _ = try await StreamListener.bind(to: address, on: clients)
      }
      #expect(error?.errno == .addressInUse)
      #expect(error?.description.contains("\(address)") == true)
    }
  }

  private func send(_ bytes: [UInt8], on client: StreamConnection) async throws(SocketError) {
    try await client.send(bytes)
    try await client.finishSending()
  }

  private func receiveAll(
    from client: StreamConnection
  ) async throws(SocketError) -> [UInt8] {
    var bytes: [UInt8] = []
    while let chunk = try await client.receive() { bytes.append(contentsOf: chunk) }
    return bytes
  }
}

/// Runs a body while the server runs, with loops for its clients.
func withEcho(
  _ body: (SocketAddress, CompletionLoopGroup) async throws -> Void
) async throws {
  try await CompletionLoopGroup.with(count: 2) { server in
    let listener = try await StreamListener.bind(to: .loopback(port: 0), on: server)
    async let serving: Void = serveEcho(on: listener)
    try await CompletionLoopGroup.with(count: 1) { clients in
      try await body(listener.localAddress, clients)
    }
    await listener.close()
    try await serving
  }
}
