// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Chat

@Suite("Options of Chat")
struct ChatOptionsTests {
  @Test("The port is 7001 unless one is given")
  func ports() {
    #expect(ChatOptions([])?.port == 7001)
    #expect(ChatOptions(["--port", "0"])?.port == 0)
    #expect(ChatOptions(["--port", "65535"])?.port == 65535)
  }

  @Test(
    "Other arguments are refused",
    arguments: [
      ["--port"], ["--port", "65536"], ["--port", "-1"], ["--port", "x"], ["7001"], ["--help"],
    ])
  func refused(arguments: [String]) {
    #expect(ChatOptions(arguments) == nil)
  }
}
