// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import CompletionIOServiceLifecycle
import Logging
import ServiceLifecycle
import Synchronization
import Testing

@Suite("A server as a service", .timeLimit(.minutes(3)))
struct StreamServiceTests {
  private static func serviceGroup(_ service: StreamService) -> ServiceGroup {
    ServiceGroup(services: [service], logger: Logger(label: "test"))
  }

  /// A service that tells its address.
  private static func service(
    on group: CompletionLoopGroup, grace: Duration, _ addresses: AsyncStream<String>.Continuation,
    _ body: nonisolated(nonsending) @escaping @Sendable (StreamConnection) async throws -> Void
  ) -> StreamService {
    StreamService(on: group, grace: grace) {
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      addresses.yield("\(listener.localAddress)")
      return listener
    } serve: { listener in
      try await listener.serve(body)
    }
  }

  @Test("A graceful shutdown ends idle connections, and lets run what has begun")
  func gracefulShutdown() async throws {
    try await withLoops(2) { group in
      let (addresses, continuation) = AsyncStream<String>.makeStream()
      let (begun, beginning) = AsyncStream<UInt8>.makeStream()
      let services = Self.serviceGroup(
        Self.service(on: group, grace: .seconds(3600), continuation) { connection in
          try await Self.answerPairs(on: connection, beginning)
        })
      let running = Task { try await services.run() }
      var all = addresses.makeAsyncIterator()
      let address = try #require(await all.next())
      try await withLoops { clients in
        let idle = try await StreamConnection.connect(to: address, on: clients)
        let busy = try await StreamConnection.connect(to: address, on: clients)
        for client in [idle, busy] {
          try await client.send([1, 2])
          let answer = try await client.receive(atMost: 2)
          #expect(answer == [1, 2])
          let first = await begun.first { _ in true }
          #expect(first == 1)
        }
        try await busy.send([3])
        let third = await begun.first { _ in true }
        #expect(third == 3)
        await services.triggerGracefulShutdown()
        #expect(try await idle.receive() == nil)
        try await busy.send([4])
        let rest = try await busy.receiveAll()
        #expect(rest == [3, 4])
        try await running.value
        await idle.close()
        await busy.close()
      }
    }
  }

  /// Answers requests of two bytes, however the kernel cuts them, and tells the first byte of each.
  private nonisolated(nonsending) static func answerPairs(
    on connection: StreamConnection, _ beginning: AsyncStream<UInt8>.Continuation
  ) async throws {
    while let start = try await connection.receiveUnlessDraining() {
      var request = Array(start)
      beginning.yield(request[0])
      while request.count < 2 {
        guard let rest = try await connection.receive() else { return }
        request.append(contentsOf: rest)
      }
      try await connection.send(request)
    }
  }

  @Test("What is left at the end of the grace is cancelled")
  func endOfGrace() async throws {
    try await withLoops { group in
      let (addresses, continuation) = AsyncStream<String>.makeStream()
      let ends = Mutex<[String]>([])
      let services = Self.serviceGroup(
        Self.service(on: group, grace: .milliseconds(5), continuation) { connection in
          do {
            while let chunk = try await connection.receive() {
              try await connection.send(chunk.bytes)
            }
          } catch {
            ends.withLock { $0.append("\(error)") }
          }
        })
      let running = Task { try await services.run() }
      var all = addresses.makeAsyncIterator()
      let address = try #require(await all.next())
      let client = try await StreamConnection.connect(to: address, on: group)
      try await client.send([1])
      let answer = try await client.receive(atMost: 1)
      #expect(answer == [1])
      await services.triggerGracefulShutdown()
      try await running.value
      #expect(ends.withLock { $0.count } == 1)
      await client.close()
    }
  }

  @Test("A service that is cancelled ends, and so does one whose address is in use")
  func cancelledOrFailed() async throws {
    try await withLoops { group in
      let (addresses, continuation) = AsyncStream<String>.makeStream()
      let services = Self.serviceGroup(
        Self.service(on: group, grace: .seconds(3600), continuation) { connection in
          while try await connection.receive() != nil {}
        })
      let running = Task { try await services.run() }
      var all = addresses.makeAsyncIterator()
      let address = try #require(await all.next())
      var options = SocketOptions()
      options.bindRetryLimit = .zero
      let second = Self.serviceGroup(
        StreamService(on: group, at: address, grace: .zero, options: options) { _ in })
      await #expect(throws: SocketError.self) { try await second.run() }
      running.cancel()
      _ = await running.result
    }
  }
}
