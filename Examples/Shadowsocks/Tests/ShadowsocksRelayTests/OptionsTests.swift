// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import ShadowsocksProtocol
import ShadowsocksRelay
import Testing

@testable import shadowsocks

@Suite("Options", .timeLimit(.minutes(1)))
struct OptionsTests {
  static let secret = ["--method", "aes-256-gcm", "--password", "p"]
  static let server = ["server", "--listen", "127.0.0.1:0"] + secret
  static let local = ["local", "--listen", "127.0.0.1:0"] + secret

  @Test("Options are read")
  func read() throws {
    let options = try #require(
      Options(Self.server + ["--idle", "7", "--handshake", "2", "--grace", "0", "--loops", "1"]))
    #expect(options.role == .server && options.listen == .loopback(port: 0))
    #expect(options.method == .aes256GCM && options.password == "p" && options.loopCount == 1)
    #expect(options.limits.idleTime == .seconds(7) && options.grace == .zero)
    #expect(options.limits.handshakeTime == .seconds(2))
    let local = try #require(Options(Self.local + ["--server", "127.0.0.1:8388"]))
    #expect(local.role == .local(server: .loopback(port: 8388)))
  }

  @Test(
    "Others are refused",
    arguments: [
      [], ["server"], ["both"] + server.dropFirst(), server + ["--server", "127.0.0.1:1"], local,
      local + ["--server", "127.0.0.1:0"], local + ["--server", "localhost:1"],
      server + ["--method", "aes-256-cfb"], server + ["--password", ""], server + ["--idle", "0"],
      server + ["--idle"], server + ["--loops", "x"], server + ["--prt", "1"],
      server + ["--listen", "unix:/x"],
    ])
  func refused(arguments: [String]) {
    #expect(Options(arguments) == nil)
  }
}
