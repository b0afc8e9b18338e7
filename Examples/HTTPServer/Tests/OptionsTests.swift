// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HTTPServer

@Suite("Options of the HTTP server", .timeLimit(.minutes(3)))
struct OptionsTests {
  @Test("Options are read")
  func read() throws {
    let options = try #require(
      Options(["--port", "0", "--root", "site", "--style", "handlers", "--head-time", "3"]))
    #expect(options.port == 0 && options.root == "site" && options.style == .handlers)
    #expect(options.limits.headTime == .seconds(3))
  }

  @Test(
    "Others are refused",
    arguments: [
      ["--port"], ["--port", "65536"], ["--port", "x"], ["--style", "none"], ["--loops", "0"],
      ["site"], ["--rot", "site"], ["--idle", "-1"],
    ])
  func refused(arguments: [String]) {
    #expect(Options(arguments) == nil)
  }
}
