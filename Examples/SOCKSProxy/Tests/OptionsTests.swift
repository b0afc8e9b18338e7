// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SOCKSProxy

@Suite("Options of the SOCKS proxy", .timeLimit(.minutes(3)))
struct OptionsTests {
  @Test("Options are read")
  func read() throws {
    let options = try #require(Options(["--port", "0", "--idle", "7", "--grace", "0"]))
    #expect(options.port == 0 && options.limits.idleTime == .seconds(7))
    #expect(options.grace == .zero && options.loopCount == 2)
  }

  @Test(
    "Others are refused",
    arguments: [
      ["--port"], ["--port", "65536"], ["--port", "x"], ["--idle", "0"], ["1080"],
      ["--loops", "0"], ["--idel", "1"],
    ])
  func refused(arguments: [String]) {
    #expect(Options(arguments) == nil)
  }
}
