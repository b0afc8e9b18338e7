// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import CompletionIOTracing
import InMemoryTracing
import Testing
import Tracing

@Suite("Spans of served connections", .timeLimit(.minutes(3)))
struct TracedTests {
  private let tracer = InMemoryTracer()

  @Test("A body's span begins and ends with it, and has its addresses")
  func addresses() async throws {
    try await withServer(serving: traced("echo", tracer: tracer, echo)) { group, address in
      let answer = try await exchange("hello", with: address, on: group)
      #expect(answer == "hello")
      while tracer.finishedSpans.isEmpty { await Task.yield() }
      let span = try #require(tracer.finishedSpans.first)
      #expect(span.operationName == "echo" && span.kind == .server)
      #expect(span.attributes.get("network.transport") == .string("tcp"))
      #expect(span.attributes.get("network.peer.address") == .string("127.0.0.1"))
      let port = Int64(address.port ?? 0)
      #expect(span.attributes.get("network.local.port") == .int64(port))
      #expect(span.errors.isEmpty)
    }
  }

  @Test("What a body throws is its span's error, and goes on to the server")
  func error() async throws {
    let (errors, told) = AsyncStream.makeStream(of: Bool.self)
    let body = traced("failing", tracer: tracer) { _ in throw Refusal() }
    try await withServer(onError: { told.yield($1 is Refusal) }, serving: body) {
      group, address in
      let answer = try await exchange("", with: address, on: group)
      #expect(answer == "")
    }
    told.finish()
    #expect(await errors.reduce(into: []) { $0.append($1) } == [true])
    #expect(tracer.finishedSpans.map(\.errors.count) == [1])
  }

  @Test("Spans within a body are its span's children")
  func children() async throws {
    let tracer = tracer
    let body = traced("outer", tracer: tracer) { connection in
      try await tracer.withSpan("inner") { _ in try await echo(connection) }
    }
    try await withServer(serving: body) { group, address in
      let answer = try await exchange("x", with: address, on: group)
      #expect(answer == "x")
      while tracer.finishedSpans.count < 2 { await Task.yield() }
    }
    let spans = tracer.finishedSpans
    let outer = try #require(spans.first { $0.operationName == "outer" })
    let inner = try #require(spans.first { $0.operationName == "inner" })
    #expect(inner.parentSpanID == outer.spanID)
  }
}
