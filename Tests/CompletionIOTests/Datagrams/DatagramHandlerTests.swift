// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import SystemPackage
import Synchronization
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// Sockets of datagrams with completion handlers.
@Suite("Datagram handlers", .timeLimit(.minutes(3)))
struct DatagramHandlerTests {
  /// What a handler was told, in order.
  private final class Log: Sendable {
    private let lines = Mutex<[String]>([])

    func add(_ line: String) { lines.withLock { $0.append(line) } }

    var all: [String] { lines.withLock { $0 } }

    var handler: DatagramHandler {
      DatagramHandler(
        received: { _, datagram in self.add("received \([UInt8](copying: datagram.bytes))") },
        failed: { _, error in self.add("failed \(error.operation) \(error.errno.rawValue)") },
        ended: { _, error in self.add("ended \(error.map { "\($0.cause)" } ?? "well")") },
        sent: { _, sent in self.add("sent \(sent.context) \(sent.error == nil)") },
        closed: { _ in self.add("closed") })
    }
  }

  @Test("Is told of each thing once, and of the close last")
  func order() async throws {
    try await withDatagrams { pair in
      let log = Log()
      let endpoint = pair.client.endpoint
      endpoint.start(log.handler)
      await pair.client.loop.ask {
        #expect(endpoint.enqueue(copying: [1], context: 7))
        endpoint.enqueue(BufferLease(copying: numbered(70_000)), context: 8)
        endpoint.enqueue(BufferLease(copying: numbered(70_000)))
      }
      await pair.client.loop.until { log.all.count == 3 }
      let taken = try #require(try await pair.server.take())
      try await pair.server.send([5], to: taken.sender)
      await pair.client.loop.until { log.all.count == 4 }
      await pair.client.close()
      #expect(
        log.all == [
          "sent 7 true", "sent 8 false", "failed send 90", "received [5]", "ended closed", "closed",
        ])
    }
  }

  @Test("Is told that a peer is not there, and goes on")
  func refused() async throws {
    try await withLoops { group in
      let log = Log()
      let nobody = try PlainSocket.datagram()
      let address = try nobody.localAddress
      let client = try await DatagramSocket.connect(to: address, on: group.loops[0])
      _ = consume nobody
      client.endpoint.start(log.handler)
      for round in 1...3 {
        try await client.send([1])
        await client.loop.until { log.all.count == round }
      }
      #expect(log.all == Array(repeating: "failed receive 111", count: 3))
      let server = try await DatagramSocket.bind(to: address, on: group.loops[0])
      try await client.send([1])
      try await server.send([2], to: try await server.take()?.sender)
      await client.loop.until { log.all.count == 4 }
      #expect(log.all.last == "received [2]")
      await client.close()
      await server.close()
    }
  }

  @Test("A pause keeps what comes")
  func pause() async throws {
    try await withDatagrams { pair in
      let log = Log()
      let endpoint = pair.server.endpoint
      endpoint.start(log.handler)
      try await pair.client.send([1])
      await pair.server.loop.until { log.all.count == 1 }
      endpoint.pauseReceiving()
      for number in UInt8(2)...9 { try await pair.client.send([number]) }
      await pair.server.loop.until { endpoint.receiving.state == .idle }
      #expect(log.all.count == 1)
      endpoint.resumeReceiving()
      await pair.server.loop.until { log.all.count == 9 }
      #expect(log.all == (1...9).map { "received [\($0)]" })
      endpoint.stopReceiving()
      await pair.server.loop.until { log.all.last == "ended well" }
    }
  }

  @Test("A socket with a handler has no task that receives")
  func busy() async throws {
    try await withDatagrams { pair in
      pair.server.endpoint.start(Log().handler)
      let error = await failure { () throws(SocketError) in try await pair.server.take() }
      #expect(error?.cause == .busy)
    }
  }
}
