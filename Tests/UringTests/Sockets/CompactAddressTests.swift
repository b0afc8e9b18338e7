// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import Uring

/// Addresses in few bytes.
@Suite struct CompactAddressTests {
  static let held: [SocketAddress?] = [
    nil, .loopback(port: 7), try? .ipv4("255.1.2.254", port: 65535), try? .ipv6("::1", port: 80),
    try? .ipv6("fe80:1:2:3:4:5:6:7", port: 0), try? .ipv6("::ffff:10.1.2.3", port: 9),
    SocketAddress(storage: .unix([])),
  ]

  @Test(arguments: held) func whatGoesInComesOut(_ address: SocketAddress?) throws {
    #expect(try #require(CompactAddress(address)).address == address)
  }

  @Test func whatTakesMoreRoomIsRefused() throws {
    #expect(CompactAddress(try .unix("/run/a.socket")) == nil)
    #expect(CompactAddress(try .unix("@name")) == nil)
    #expect(CompactAddress(try .ipv6("fe80::1%3", port: 1)) == nil)
  }

  @Test func itIsSmall() {
    #expect(MemoryLayout<CompactAddress>.size == 19)
  }
}
