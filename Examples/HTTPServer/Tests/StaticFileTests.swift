// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Foundation
import Testing

@testable import HTTPServer

@Suite("Static files, in both styles", .timeLimit(.minutes(3)))
struct StaticFileTests {
  /// A folder with a site, beside which lies what must not be seen.
  private struct Site {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "http-server-tests-\(UUID().uuidString)")
    var root: URL { folder.appending(path: "site") }
    var large: URL { root.appending(path: "large") }

    init(large bytes: [UInt8] = []) throws {
      let files = FileManager.default
      try files.createDirectory(
        at: root.appending(path: "sub"), withIntermediateDirectories: true)
      try Data("secret".utf8).write(to: folder.appending(path: "secret"))
      try Data("page".utf8).write(to: root.appending(path: "index.html"))
      try Data("{}".utf8).write(to: root.appending(path: "sub/a b.json"))
      try Data().write(to: root.appending(path: "empty.txt"))
      try Data("hidden".utf8).write(to: root.appending(path: ".hidden"))
      try Data(bytes).write(to: large)
      try files.createSymbolicLink(
        atPath: root.appending(path: "link").path, withDestinationPath: "../secret")
      try files.createSymbolicLink(
        atPath: root.appending(path: "up").path, withDestinationPath: "..")
    }

    func remove() { try? FileManager.default.removeItem(at: folder) }
  }

  @Test("Files are served, and nothing outside their folder", arguments: ServerTests.styles)
  func served(style: Options.Style) async throws {
    let site = try Site()
    defer { site.remove() }
    try await TestedServer.with(style, root: site.root.path) { tested in
      var client = try await tested.connect()
      let page = try await client.ask("GET", "/")
      #expect(page?.text == "page")
      #expect(page?.fields.contains("Content-Type: text/html; charset=utf-8") == true)
      let nested = try await client.ask("GET", "/sub/a%20b.json?x")
      #expect(nested?.text == "{}")
      #expect(try await client.ask("GET", "/empty.txt")?.statusLine == "HTTP/1.1 200 OK")
      let head = try await client.ask("HEAD", "/index.html")
      #expect(head?.fields.contains("Content-Length: 4") == true)
      for target in [
        "/link", "/up/secret", "/up/site/index.html", "/../secret", "/%2e%2e/secret",
        "/sub/..%2f..%2fsecret", "/.hidden", "/sub", "/sub/", "/nothing", "/index.html/x",
      ] {
        let answer = try await client.ask("GET", target)
        #expect(answer?.statusLine == "HTTP/1.1 404 Not Found", "\(target)")
      }
    }
  }

  @Test("A large file arrives whole, and what was asked behind it", arguments: ServerTests.styles)
  func large(style: Options.Style) async throws {
    let expected = (0..<1_300_001).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
    let site = try Site(large: expected)
    defer { site.remove() }
    try await TestedServer.with(style, root: site.root.path) { tested in
      var client = try await tested.connect()
      let request = "GET /large HTTP/1.1\r\nHost: a\r\n\r\n"
      try await client.send(request + "GET /empty.txt HTTP/1.1\r\nHost: a\r\n\r\n" + request)
      try await client.connection.finishSending()
      #expect(try await client.receive()?.body == expected)
      #expect(try await client.receive()?.body == [])
      #expect(try await client.receive()?.body == expected)
      #expect(try await client.receive() == nil)
    }
  }

  @Test("Half of a file is not taken for all of it", arguments: ServerTests.styles)
  func shortened(style: Options.Style) async throws {
    let site = try Site()
    defer { site.remove() }
    let file = try FileHandle(forWritingTo: site.large)
    try file.truncate(atOffset: 20_000_000)
    try await TestedServer.with(style, root: site.root.path) { tested in
      var client = try await tested.connect()
      // Far more than the sockets hold is not out while nobody receives.
      try await client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
      let head = try await client.receive(hasBody: false)
      #expect(head?.fields.contains("Content-Length: 20000000") == true)
      try file.truncate(atOffset: 10)
      var byteCount = 0
      let error = await #expect(throws: SocketError.self) {
        while let bytes = try await client.connection.receive() { byteCount += bytes.byteCount }
        throw SocketError(.receive, .noData)
      }
      #expect(error != nil && byteCount < 20_000_000)
    }
  }
}
