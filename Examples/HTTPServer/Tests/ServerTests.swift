// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Testing

@testable import HTTPServer

@Suite("The HTTP server, in both styles", .timeLimit(.minutes(3)))
struct ServerTests {
  static let styles = [Options.Style.tasks, .handlers]

  @Test("A connection asks again and again", arguments: styles)
  func keepAlive(style: Options.Style) async throws {
    try await TestedServer.with(style) { tested in
      var client = try await tested.connect()
      for _ in 0..<3 {
        let answer = try await client.ask("GET", "/hello")
        #expect(answer?.statusLine == "HTTP/1.1 200 OK" && answer?.text == "Hello, world!\n")
        #expect(answer?.isLast == false)
      }
      let last = try await client.ask("GET", "/hello", fields: "Connection: close\r\n")
      #expect(last?.isLast == true)
      #expect(try await client.receive() == nil)
    }
  }

  @Test("Requests that come together are answered in order", arguments: styles)
  func pipelining(style: Options.Style) async throws {
    try await TestedServer.with(style) { tested in
      var client = try await tested.connect()
      let requests = (0..<50).map { number in
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n\(10 + number)"
      }
      try await client.send(requests.joined() + "GET /nothing HTTP/1.0\r\n\r\n")
      for number in 0..<50 {
        #expect(try await client.receive()?.text == "\(10 + number)")
      }
      let last = try await client.receive()
      #expect(last?.statusLine == "HTTP/1.1 404 Not Found" && last?.isLast == true)
      #expect(try await client.receive() == nil)
    }
  }

  @Test("A chunked body comes back, after the peer was asked for it", arguments: styles)
  func echo(style: Options.Style) async throws {
    try await TestedServer.with(style) { tested in
      var client = try await tested.connect()
      let asked = try await client.ask(
        "POST", "/echo", fields: "Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n")
      #expect(asked?.statusLine == "HTTP/1.1 100 Continue")
      let part = String(repeating: "x", count: 0x8000)
      for _ in 0..<8 { try await client.send("8000\r\n\(part)\r\n") }
      try await client.send("0\r\n\r\n")
      let answer = try await client.receive()
      #expect(answer?.body.count == 8 * 0x8000 && answer?.isLast == false)
      #expect(answer?.body.allSatisfy { $0 == UInt8(ascii: "x") } == true)
      #expect(try await client.ask("GET", "/hello")?.text == "Hello, world!\n")
    }
  }

  @Test("HEAD has the fields of GET and no body", arguments: styles)
  func head(style: Options.Style) async throws {
    try await TestedServer.with(style) { tested in
      var client = try await tested.connect()
      let head = try await client.ask("HEAD", "/hello")
      let get = try await client.ask("GET", "/hello")
      #expect(head?.fields == get?.fields && head?.body == [])
    }
  }

  @Test("A peer that has asked all may end its half", arguments: styles)
  func halfClose(style: Options.Style) async throws {
    try await TestedServer.with(style) { tested in
      var client = try await tested.connect()
      try await client.send(String(repeating: "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n", count: 2))
      try await client.connection.finishSending()
      for _ in 0..<2 { #expect(try await client.receive()?.text == "Hello, world!\n") }
      #expect(try await client.receive() == nil)
    }
  }

  /// Requests, the status of the answer, and whether the connection ends behind it.
  static let refusals: [(String, Int, Bool)] = [
    ("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n", 404, false),
    ("GET /%2e%2e/a HTTP/1.1\r\nHost: a\r\n\r\n", 404, false),
    ("GET /% HTTP/1.1\r\nHost: a\r\n\r\n", 400, false),
    ("DELETE /hello HTTP/1.1\r\nHost: a\r\n\r\n", 405, false),
    ("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n", 405, false),
    ("BREW /hello HTTP/1.1\r\nHost: a\r\n\r\n", 501, false),
    ("GET /hello HTTP/1.1\r\n\r\n", 400, true),
    ("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\nmore", 413, true),
    ("GET / HTTP/1.1\r\nHost: \(String(repeating: "a", count: 20_000))\r\n\r\n", 431, true),
    ("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501, true),
    ("GET /hello HTTP/3.0\r\n\r\n", 505, true),
  ]

  @Test("What cannot be answered is refused", arguments: styles, refusals)
  func refused(style: Options.Style, refusal: (String, Int, Bool)) async throws {
    let (text, status, isLast) = refusal
    try await TestedServer.with(style) { tested in
      var client = try await tested.connect()
      try await client.send(text)
      let answer = try await client.receive()
      #expect(answer?.statusLine.hasPrefix("HTTP/1.1 \(status) ") == true)
      #expect(answer?.isLast == isLast)
      #expect(answer?.fields.contains { $0.hasPrefix("Allow: ") } == (status == 405))
      if isLast {
        #expect(try await client.receive() == nil)
      } else {
        #expect(try await client.ask("GET", "/hello")?.text == "Hello, world!\n")
      }
    }
  }

  @Test("A head that comes too slowly is refused, a quiet connection is closed", arguments: styles)
  func slow(style: Options.Style) async throws {
    var limits = ServerLimits()
    limits.headTime = .milliseconds(50)
    try await TestedServer.with(style, limits: limits) { tested in
      var client = try await tested.connect()
      #expect(try await client.ask("GET", "/hello")?.isLast == false)
      try await client.send("GET /hello HTTP/1.1\r\nHo")
      let answer = try await client.receive()
      #expect(answer?.statusLine == "HTTP/1.1 408 Request Timeout" && answer?.isLast == true)
      #expect(try await client.receive() == nil)
    }
    limits = ServerLimits()
    limits.idleTime = .milliseconds(50)
    try await TestedServer.with(style, limits: limits) { tested in
      var client = try await tested.connect()
      #expect(try await client.receive() == nil)
    }
  }

  @Test("The end waits for requests that have begun, and for no others", arguments: styles)
  func end(style: Options.Style) async throws {
    try await TestedServer.with(style) { tested in
      var idle = try await tested.connect()
      #expect(try await idle.ask("GET", "/hello")?.isLast == false)
      var busy = try await tested.connect()
      let asked = try await busy.ask(
        "POST", "/echo", fields: "Content-Length: 4\r\nExpect: 100-continue\r\n")
      #expect(asked?.statusLine == "HTTP/1.1 100 Continue")
      async let forcedCount = tested.server.end(tested.group, grace: .seconds(3600))
      #expect(try await idle.receive() == nil)
      await idle.connection.close()
      try await busy.send("last")
      let answer = try await busy.receive()
      #expect(answer?.text == "last" && answer?.isLast == true)
      #expect(try await busy.receive() == nil)
      await busy.connection.close()
      #expect(try await forcedCount == 0)
    }
  }
}
