// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import CompletionIO
@testable import Uring

/// The peer's address in one word.
@Suite struct StreamPeerTests {
  static let addresses: [SocketAddress?] = [
    nil, .loopback(port: 7), try? .ipv4("255.1.2.254", port: 65535), try? .ipv4("0.0.0.0", port: 0),
    try? .ipv6("::1", port: 80), try? .ipv6("fe80:1:2:3:4:5:6:7", port: 0),
    try? .ipv6("::ffff:10.1.2.3", port: 9), try? .ipv6("::ffff:255.254.253.252", port: 65535),
    try? .ipv6("::fffe:10.1.2.3", port: 9), try? .ipv6("1::ffff:10.1.2.3", port: 9),
    try? .ipv6("fe80::1%3", port: 1), try? .ipv6("::ffff:10.1.2.3%3", port: 9),
    SocketAddress(storage: .unix([])), try? .unix("/run/a.socket"), try? .unix("@name"),
  ]

  @Test(arguments: addresses) func whatGoesInComesOut(_ address: SocketAddress?) {
    #expect(StreamPeer(address).address == address)
  }

  /// Nearly all peers have an IPv4 address, also on a socket of both families.
  @Test(arguments: ["10.1.2.3", "::ffff:10.1.2.3"]) func anIPv4AddressIsInTheWord(
    _ host: String
  ) throws {
    switch StreamPeer(try SocketAddress.numeric(host)) {
    case .ipv4, .mapped: break
    case .unknown, .compact, .long: Issue.record("\(host) takes more than a word")
    }
  }
}

extension SocketAddress {
  fileprivate static func numeric(_ host: String) throws -> SocketAddress {
    host.contains(":") ? try .ipv6(host, port: 1) : try .ipv4(host, port: 1)
  }
}
