// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Testing

@testable import Client

@Suite("Connections and retries", .timeLimit(.minutes(3)))
struct PoolTests {
  private static let page = ScriptedServer.page("hello")

  @Test("One connection carries one request after another")
  func reuse() async throws {
    try await withServer([.answer(Self.page), .answer(Self.page)]) { _, target, client in
      let first = try await client.perform(HTTPRequest(target))
      let second = try await client.perform(HTTPRequest(target))
      #expect(!first.isReused)
      #expect(second.isReused)
      #expect([first.connectionNumber, second.connectionNumber] == [1, 1])
      #expect(String(decoding: second.body, as: UTF8.self) == "hello")
    }
  }

  @Test("Requests at a time have a connection each, and the pool keeps no more than its limit")
  func severalAtATime() async throws {
    let acts = [ScriptedServer.Act](repeating: .answer(Self.page), count: 6)
    try await withServer(acts) { _, target, client in
      var numbers: Set<Int> = []
      try await withThrowingTaskGroup(of: Int.self) { tasks in
        for _ in 0..<3 {
          tasks.addTask { try await client.perform(HTTPRequest(target)).connectionNumber }
        }
        for try await number in tasks { numbers.insert(number) }
      }
      // As many as had begun before the first was free again; the pool keeps two of them.
      #expect(numbers.isSubset(of: [1, 2, 3]))
      let keptCount = min(2, numbers.count)
      var kept: [PooledConnection] = []
      while let connection = client.pool.take(to: target.host) { kept.append(connection) }
      #expect(kept.count == keptCount)
      for connection in kept { client.pool.putBack(connection) }
      let next = try await client.perform(HTTPRequest(target))
      #expect(next.isReused)
    }
  }

  @Test("A connection that the server has given up meanwhile is replaced")
  func staleConnection() async throws {
    let acts: [ScriptedServer.Act] = [.answer(Self.page), .end, .answer(Self.page)]
    try await withServer(acts) { script, target, client in
      _ = try await client.perform(HTTPRequest(target))
      let second = try await client.perform(HTTPRequest(target))
      #expect(second.connectionNumber == 2)
      #expect(second.retryCount == 1)
      #expect(script.requests.count == 3)
    }
  }

  @Test("A request that does harm twice is not repeated")
  func notIdempotent() async throws {
    let acts: [ScriptedServer.Act] = [.answer(Self.page), .end, .answer(Self.page)]
    try await withServer(acts) { script, target, client in
      _ = try await client.perform(HTTPRequest(target))
      await #expect(throws: ClientError.lost(why: "the server has ended it")) {
        try await client.perform(HTTPRequest(target, method: "POST"))
      }
      #expect(script.requests.last == "POST /page HTTP/1.1")
      #expect(script.requests.count == 2)
    }
  }

  @Test("A response that has begun is not asked for again")
  func notFresh() async throws {
    let cut = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345"
    try await withServer([.answerAndEnd(cut), .answer(Self.page)]) { script, target, client in
      await #expect(throws: ClientError.lost(why: "the server has ended it")) {
        try await client.perform(HTTPRequest(target))
      }
      #expect(script.requests.count == 1)
    }
  }

  @Test("Retries have an end")
  func retryLimit() async throws {
    try await withServer([.end, .end, .end, .answer(Self.page)]) { script, target, client in
      await #expect(throws: ClientError.lost(why: "the server has ended it")) {
        try await client.perform(HTTPRequest(target))
      }
      #expect(script.requests.count == 3)
    }
  }

  @Test("A server that says nothing costs no more than the deadline, and is asked once")
  func deadline() async throws {
    let timeout = Duration.milliseconds(50)
    try await withServer([.silence], timeout: timeout) { script, target, client in
      await #expect(throws: ClientError.deadline(timeout)) {
        try await client.perform(HTTPRequest(target))
      }
      #expect(script.requests.count <= 1)
      #expect(client.pool.take(to: target.host) == nil)
    }
  }

  @Test("A port where nobody listens is refused, whatever is tried")
  func refused() async throws {
    try await CompletionLoopGroup.with(count: 1) { group in
      // A port that was free a moment ago, and that the kernel gives to nobody else at once.
      let listener = try await StreamListener.bind(to: "127.0.77.1:0", on: group)
      let target = try #require(HTTPTarget("http://\(listener.localAddress)/"))
      await listener.close()
      let pool = ConnectionPool(on: group.loops[0], idleLimit: 1)
      let client = HTTPClient(pool: pool, timeout: .seconds(30), retryLimit: 1)
      await #expect(throws: ClientError.refused(target.host)) {
        try await client.perform(HTTPRequest(target))
      }
    }
  }
}
