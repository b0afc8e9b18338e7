// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Echo

@Suite("Options of Echo")
struct EchoOptionsTests {
  @Test("The port is 7000 unless one is given")
  func ports() {
    #expect(EchoOptions([])?.port == 7000)
    #expect(EchoOptions(["--port", "0"])?.port == 0)
    #expect(EchoOptions(["--port", "65535"])?.port == 65535)
  }

  @Test(
    "Other arguments are refused",
    arguments: [
      ["--port"], ["--port", "65536"], ["--port", "-1"], ["--port", "x"], ["7000"], ["--help"],
    ])
  func refused(arguments: [String]) {
    #expect(EchoOptions(arguments) == nil)
  }
}
