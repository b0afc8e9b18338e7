// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HTTPServer

@Suite("The parser of requests", .timeLimit(.minutes(3)))
struct RequestParserTests {
  /// What a parser makes of bytes that come in pieces: events, and perhaps an error behind them.
  struct Reading: Equatable {
    var events: [RequestParser.Event] = []
    var error: RequestError?
  }

  static let limits = ParserLimits(
    headByteCount: 200, fieldCount: 4, bodyByteCount: 40, chunkLineByteCount: 20)

  static func read(_ pieces: [ArraySlice<UInt8>]) -> Reading {
    var parser = RequestParser(limits)
    var reading = Reading()
    do throws(RequestError) {
      for piece in pieces {
        parser.append(Array(piece).span.bytes)
        while let event = try parser.next() { reading.events.append(event) }
      }
    } catch {
      reading.error = error
    }
    return reading
  }

  static func request(
    _ method: String, _ target: String, _ minorVersion: Int = 1,
    fields: KeyValuePairs<String, String> = ["host": "a"], body: String = ""
  ) -> RequestParser.Event {
    .request(
      Request(
        head: RequestHead(
          method: method, target: target, minorVersion: minorVersion,
          fields: fields.map { RequestHead.Field(name: $0.key, value: $0.value) }),
        body: Array(body.utf8)))
  }

  /// Texts, and the events that are to come of them.
  static let requests: [(String, [RequestParser.Event])] = [
    ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", [request("GET", "/")]),
    ("\r\nGET / HTTP/1.1\r\nHost:a\r\n\r\n", [request("GET", "/")]),
    ("GET /x?y=z HTTP/1.0\r\n\r\n", [request("GET", "/x?y=z", 0, fields: [:])]),
    ("GET http://b/c HTTP/1.1\r\nHOST: \t a \t\r\n\r\n", [request("GET", "/c")]),
    ("GET HTTP://b HTTP/1.1\r\nhost: a\r\n\r\n", [request("GET", "/")]),
    ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", [request("OPTIONS", "*")]),
    (
      "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nHEAD /2 HTTP/1.1\r\nHost: a\r\n\r\n",
      [request("GET", "/1"), request("HEAD", "/2")]
    ),
    (
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
      [request("POST", "/", fields: ["host": "a", "content-length": "5"], body: "hello")]
    ),
    (
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"
        + "3;x=y\r\nhel\r\n002 \t;z\r\nlo\r\n0\r\nX: y\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
      [
        request("POST", "/", fields: ["host": "a", "transfer-encoding": "Chunked"], body: "hello"),
        request("GET", "/"),
      ]
    ),
    (
      "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
      [
        .awaitsContinue,
        request(
          "PUT", "/", fields: ["host": "a", "expect": "100-continue", "content-length": "1"],
          body: "x"),
      ]
    ),
    ("GET / HTTP/1.1\r\nHost: a\r\n\r", []),
  ]

  @Test("A request is the same wherever its bytes are cut in two", arguments: requests)
  func cutInTwo(text: String, events: [RequestParser.Event]) {
    let bytes = Array(text.utf8)
    let wrongCuts = (0...bytes.count).filter { cut in
      Self.read([bytes[..<cut], bytes[cut...]]) != Reading(events: events)
    }
    #expect(wrongCuts == [])
  }

  @Test("A request may come byte by byte", arguments: requests)
  func single(text: String, events: [RequestParser.Event]) {
    let bytes = Array(text.utf8)
    let reading = Self.read(bytes.indices.map { bytes[$0...$0] })
    #expect(reading == Reading(events: events))
  }

  /// Texts, and the status with which each is refused.
  static let mistakes: [(String, Status)] = [
    ("GET /\r\n", .badRequest),
    ("GET  / HTTP/1.1\r\n", .badRequest),
    ("GET / HTTP/1.1 \r\n", .badRequest),
    ("G(T / HTTP/1.1\r\n", .badRequest),
    ("GET / HTTP/1.1\n", .badRequest),
    ("\r\n\r\n", .badRequest),
    ("GET / HTTP/1.x\r\n", .badRequest),
    ("GET / http/1.1\r\n", .badRequest),
    ("GET / HTTP/2.0\r\n", .versionNotSupported),
    ("GET x HTTP/1.1\r\n", .badRequest),
    ("GET /# HTTP/1.1\r\n", .badRequest),
    ("GET /ä HTTP/1.1\r\n", .badRequest),
    ("CONNECT a:1 HTTP/1.1\r\n", .notImplemented),
    ("GET /\(String(repeating: "a", count: 200)) HTTP/1.1\r\n", .targetTooLong),
    (String(repeating: "a", count: 201), .targetTooLong),
    ("GET / HTTP/1.1\r\n\r\n", .badRequest),
    ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", .badRequest),
    ("GET / HTTP/1.1\r\nHost : a\r\n", .badRequest),
    ("GET / HTTP/1.1\r\n: a\r\n", .badRequest),
    ("GET / HTTP/1.1\r\nHost: a\r\n b\r\n", .badRequest),
    ("GET / HTTP/1.1\r\nHost: a\u{1}\r\n", .badRequest),
    ("GET / HTTP/1.1\r\nHost: a\rb\r\n", .badRequest),
    ("GET / HTTP/1.1\r\nHost: \(String(repeating: "a", count: 200))\r\n", .fieldsTooLarge),
    ("GET / HTTP/1.1\r\na:\r\nb:\r\nc:\r\nd:\r\ne:\r\n", .fieldsTooLarge),
    ("GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "a", count: 180))\r\n", .fieldsTooLarge),
    (post("Content-Length: 41"), .contentTooLarge),
    (post("Content-Length: 99999999999999999999"), .contentTooLarge),
    (post("Content-Length: +1"), .badRequest),
    (post("Content-Length:"), .badRequest),
    (post("Content-Length: 1, 1"), .badRequest),
    (post("Content-Length: 1\r\nContent-Length: 1"), .badRequest),
    (post("Content-Length: 1\r\nTransfer-Encoding: chunked"), .badRequest),
    (post("Transfer-Encoding: gzip, chunked"), .notImplemented),
    (post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"), .notImplemented),
    ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", .badRequest),
    (chunked("x\r\n"), .badRequest),
    (chunked(";\r\n"), .badRequest),
    (chunked("1 x\r\n"), .badRequest),
    (chunked("1;xxxxxxxxxxxxxxxxxxxxxxxx\r\n"), .badRequest),
    (chunked("29\r\n"), .contentTooLarge),
    (chunked("fffffffffffffffffffffff\r\n"), .badRequest),
    (chunked("ffffffffffffffff\r\n"), .contentTooLarge),
    (chunked("20\r\n\(String(repeating: "a", count: 32))\r\n9\r\n"), .contentTooLarge),
    (chunked("1\r\nab\r\n"), .badRequest),
    (chunked("1\r\na\n"), .badRequest),
    (chunked("0\r\nx\r\n"), .badRequest),
    (chunked("0\r\n\(String(repeating: "X: trailer\r\n", count: 20))"), .fieldsTooLarge),
  ]

  private static func post(_ fields: String) -> String {
    "POST / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n"
  }

  private static func chunked(_ body: String) -> String {
    post("Transfer-Encoding: chunked") + body
  }

  @Test("A mistake is the same wherever its bytes are cut in two", arguments: mistakes)
  func refused(text: String, status: Status) throws {
    let bytes = Array(text.utf8)
    let whole = Self.read([bytes[...]])
    #expect(whole.events == [])
    #expect(try #require(whole.error).status == status)
    let wrongCuts = (0...bytes.count).filter { cut in
      Self.read([bytes[..<cut], bytes[cut...]]) != whole
    }
    #expect(wrongCuts == [])
  }

  @Test("A connection is idle between two requests only")
  func idle() throws {
    var parser = RequestParser()
    #expect(parser.isIdle && parser.isInHead)
    for byte in "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n".utf8 {
      parser.append([byte].span.bytes)
      #expect(try parser.next() == nil)
      #expect(!parser.isIdle && parser.isInHead)
    }
    parser.append(Array("\r\n".utf8).span.bytes)
    #expect(try parser.next() == nil)
    #expect(!parser.isIdle && !parser.isInHead)
    parser.append([UInt8(0)].span.bytes)
    #expect(try parser.next() != nil)
    #expect(parser.isIdle)
  }
}
