// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HTTPServer

@Suite("Paths of requests", .timeLimit(.minutes(3)))
struct RequestPathTests {
  @Test(
    "A path is decoded",
    arguments: [
      ("/hello", ["hello"]), ("/", ["index.html"]), ("*", ["index.html"]),
      ("/a/b%20c?d/e", ["a", "b c"]), ("/a/", ["a", "index.html"]), ("/%C3%A4", ["ä"]),
      ("/a%2Eb", ["a.b"]),
    ])
  func decoded(target: String, segments: [String]) throws {
    #expect(try RequestPath(target: target).segments == segments)
  }

  @Test(
    "A path that could lead out of the folder leads nowhere",
    arguments: [
      "/..", "/../a", "/a/../b", "/%2e%2e/a", "/.%2E/a", "/a%2fb", "/..%2fa", "/.", "/./a",
      "/.hidden", "/%2Ehidden", "//a", "/a//b",
    ])
  func nowhere(target: String) throws {
    let error = #expect(throws: RequestError.self) { try RequestPath(target: target) }
    #expect(error?.status == .notFound)
  }

  @Test("What cannot be decoded is told", arguments: ["/%", "/%4", "/%zz", "/%00", "/%ff", "/a%0"])
  func undecodable(target: String) throws {
    let error = #expect(throws: RequestError.self) { try RequestPath(target: target) }
    #expect(error?.status == .badRequest)
  }
}
