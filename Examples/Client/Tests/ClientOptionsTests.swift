// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Client

@Suite("Options of Client")
struct ClientOptionsTests {
  @Test("URLs have a host, a port and a path")
  func targets() {
    let examples = [
      ("http://example.org", "example.org", 80, "/"),
      ("http://example.org/a/b?c=d#e", "example.org", 80, "/a/b?c=d"),
      ("http://127.0.0.1:8000?q", "127.0.0.1", 8000, "/?q"),
      ("http://[::1]:8000/x", "::1", 8000, "/x"),
    ]
    for (url, name, port, path) in examples {
      let target = HTTPTarget(url)
      #expect(target?.host.name == name)
      #expect(target.map { Int($0.host.port) } == port)
      #expect(target?.path == path)
    }
    #expect(HTTPTarget("http://[::1]:8000/x").map { "\($0)" } == "http://[::1]:8000/x")
  }

  @Test(
    "What is no such URL is refused",
    arguments: [
      "example.org", "https://example.org/", "http://", "http:///x", "http://a:0/", "http://a:x/",
      "http://a:65536/", "http://[::1", "http://[::1]x/", "http://user@a/", "http://a/b c",
    ])
  func refusedTargets(url: String) {
    #expect(HTTPTarget(url) == nil)
  }

  @Test("Each URL is got as often as was asked, in turns")
  func times() {
    let options = ClientOptions(["--times", "2", "--timeout", "0.5", "http://a/", "http://b/"])
    #expect(options?.targets.map(\.host.name) == ["a", "b", "a", "b"])
    #expect(options?.timeout == .milliseconds(500))
  }

  @Test(
    "Other arguments are refused",
    arguments: [
      [], ["--times", "3"], ["--times", "0", "http://a/"], ["--times"], ["--parallel", "x"],
      ["--timeout", "nan", "http://a/"], ["--timeout", "-1", "http://a/"], ["--verbose"], ["a"],
    ])
  func refused(arguments: [String]) {
    #expect(ClientOptions(arguments) == nil)
  }
}
