// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Testing

@testable import Client

@Suite("Responses", .timeLimit(.minutes(3)))
struct ResponseTests {
  /// A response, what a client makes of it, and whether the connection can be used again.
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let text: String
    let body: String
    let isReused: Bool
    /// Whether the server ends the connection, so that the end of the body can be seen.
    var ends = false
  }

  static let cases = [
    Case(testDescription: "no bytes", text: ScriptedServer.page(""), body: "", isReused: true),
    Case(
      testDescription: "no body", text: "HTTP/1.1 204 No Content\r\n\r\n", body: "",
      isReused: true),
    Case(
      testDescription: "chunks",
      text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        + "5;name=value\r\nhello\r\n6\r\n world\r\n0\r\nTrailer: 1\r\n\r\n",
      body: "hello world", isReused: true),
    Case(
      testDescription: "an announcement first",
      text: "HTTP/1.1 100 Continue\r\n\r\n" + ScriptedServer.page("late"), body: "late",
      isReused: true),
    Case(
      testDescription: "a connection that is closed",
      text: "HTTP/1.1 200 OK\r\nconnection: Keep-Alive, Close\r\nContent-Length: 2\r\n\r\nhi",
      body: "hi", isReused: false),
    Case(
      testDescription: "HTTP/1.0", text: "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi",
      body: "hi", isReused: false),
    Case(
      testDescription: "the end of the stream", text: "HTTP/1.1 200 OK\n\nto the end",
      body: "to the end", isReused: false,
      ends: true),
    // Bytes that nobody has asked for: the connection is of no use any more.
    Case(
      testDescription: "more than was asked for", text: ScriptedServer.page("one") + "two",
      body: "one", isReused: false),
  ]

  @Test("The end of a body is found, however it is told", arguments: cases)
  func bodies(_ example: Case) async throws {
    let acts: [ScriptedServer.Act] = [
      example.ends ? .answerAndEnd(example.text) : .answer(example.text),
      .answer(ScriptedServer.page("next")),
    ]
    try await withServer(acts) { _, target, client in
      let answer = try await client.perform(HTTPRequest(target))
      #expect(String(decoding: answer.body, as: UTF8.self) == example.body)
      let next = try await client.perform(HTTPRequest(target))
      #expect(next.isReused == example.isReused)
      #expect(String(decoding: next.body, as: UTF8.self) == "next")
    }
  }

  /// Bytes that are no response.
  struct BadCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let text: String
  }

  static let badCases = [
    BadCase(testDescription: "another protocol", text: "SSH-2.0-OpenSSH_9.2\r\n"),
    BadCase(testDescription: "a status in letters", text: "HTTP/1.1 abc OK\r\n\r\n"),
    BadCase(testDescription: "another version", text: "HTTP/2 200\r\n\r\n"),
    BadCase(
      testDescription: "a header without a colon", text: "HTTP/1.1 200 OK\r\nno header\r\n\r\n"),
    BadCase(
      testDescription: "a negative length",
      text: "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"),
    BadCase(
      testDescription: "two lengths",
      text: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx"),
    BadCase(
      testDescription: "a chunk without a length",
      text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"),
    BadCase(
      testDescription: "a chunk that is too long",
      text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxyz\r\n0\r\n\r\n"),
    BadCase(
      testDescription: "a long line",
      text: "HTTP/1.1 200 \(String(repeating: "x", count: 9000))\r\n\r\n"),
    BadCase(
      testDescription: "many headers",
      text: "HTTP/1.1 200 OK\r\n\(String(repeating: "a: b\r\n", count: 200))\r\n"),
  ]

  @Test("What is no response is said to be none", arguments: badCases)
  func badResponses(_ example: BadCase) async throws {
    try await withServer([.answerAndEnd(example.text)]) { script, target, client in
      let error = await #expect(throws: ClientError.self) {
        try await client.perform(HTTPRequest(target))
      }
      let isBadResponse = if case .badResponse = error { true } else { false }
      #expect(isBadResponse, "\(String(describing: error))")
      #expect(script.requests.count == 1)
    }
  }

  @Test("A large body is whole")
  func largeBody() async throws {
    let body = String(repeating: "0123456789abcdef", count: 200_000)
    try await withServer([.answer(ScriptedServer.page(body))]) { _, target, client in
      let answer = try await client.perform(HTTPRequest(target))
      #expect(answer.body.count == body.utf8.count)
      #expect(answer.body.elementsEqual(body.utf8))
    }
  }
}
