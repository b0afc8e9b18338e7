// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Testing

@testable import DNSForwarder

@Suite("Options of the DNS forwarder", .timeLimit(.minutes(3)))
struct OptionsTests {
  @Test("Options are read")
  func read() throws {
    let options = try #require(
      Options(["--listen", "127.0.0.1:0", "--upstream", "[::1]:53", "--timeout", "250"]))
    #expect(options.listen == .loopback(port: 0) && options.patience == .milliseconds(250))
    #expect(options.upstream == (try SocketAddress(parsing: "[::1]:53")))
    let other = try #require(Options(["--port", "0", "--upstream", "127.0.0.1:5353"]))
    #expect(other.listen == .loopback(port: 0) && other.cacheLimit == 10_000)
  }

  @Test(
    "Others are refused",
    arguments: [
      [], ["--upstream"], ["--upstream", "127.0.0.1"], ["--upstream", "127.0.0.1:0"],
      ["--upstream", "unix:x"], ["--upstream", "127.0.0.1:53", "--port", "65536"],
      ["--upstream", "127.0.0.1:53", "--cache", "1"], ["--upstrem", "127.0.0.1:53"],
    ])
  func refused(arguments: [String]) {
    #expect(Options(arguments) == nil)
  }
}
