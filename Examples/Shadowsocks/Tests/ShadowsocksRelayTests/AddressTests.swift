// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import ShadowsocksProtocol
import Testing

@testable import ShadowsocksRelay

@Suite("Targets and socket addresses", .timeLimit(.minutes(1)))
struct AddressTests {
  static let addresses: [(String, [UInt8])] = [
    ("127.0.0.1:80", [1, 127, 0, 0, 1, 0, 80]),
    ("[::]:65535", [4] + [UInt8](repeating: 0, count: 16) + [255, 255]),
    ("[::1]:1", [4] + [UInt8](repeating: 0, count: 15) + [1, 0, 1]),
    (
      "[2001:db8::a:b]:256",
      [4, 0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x0A, 0, 0x0B, 1, 0]
    ),
    ("[1:2:3:4:5:6:7:8]:9", [4, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8, 0, 9]),
    ("[fe80::]:0", [4, 0xFE, 0x80] + [UInt8](repeating: 0, count: 14) + [0, 0]),
    ("[::ffff:192.0.2.1]:5", [4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 192, 0, 2, 1, 0, 5]),
  ]

  @Test("An address becomes a target, and the target the address", arguments: addresses)
  func roundTrip(text: String, bytes: [UInt8]) throws {
    let address = try SocketAddress(parsing: text)
    let target = try #require(Target(address))
    #expect(target.bytes == bytes)
    #expect(target.address == address)
  }

  @Test("A name has an address only if it is one")
  func names() throws {
    #expect(Target(.name("localhost"), port: 1).address == nil)
    #expect(Target(.name("127.0.0.1"), port: 1).address == .loopback(port: 1))
    #expect(Target(.name("::1"), port: 1).address == (try .ipv6("::1", port: 1)))
    #expect(Target(try .unix("@x")) == nil)
  }
}
