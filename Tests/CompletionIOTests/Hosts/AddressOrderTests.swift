// SPDX-License-Identifier: Apache-2.0

import Testing
import Uring

@testable import CompletionIO

/// In which order the addresses of a host are tried.
@Suite struct AddressOrderTests {
  private static let addresses = [
    "1": "192.0.2.1:80", "2": "192.0.2.2:80", "3": "192.0.2.3:80",
    "a": "[2001:db8::a]:80", "b": "[2001:db8::b]:80", "c": "[2001:db8::c]:80",
  ]

  /// Digits are IPv4 addresses, letters IPv6 ones.
  @Test(arguments: [
    ("", ""), ("1", "1"), ("a1", "a1"), ("ab12", "a1b2"), ("12ab", "1a2b"), ("abc1", "a1bc"),
    ("1abc", "1abc"), ("123", "123"), ("aabb11", "a1b"), ("a1a2a3", "a123"), ("123c", "1c23"),
  ])
  func familiesTakeTurns(_ given: String, _ tried: String) throws {
    #expect(try parse(given).inOrderOfAttempts == parse(tried))
  }

  private func parse(_ names: String) throws -> [SocketAddress] {
    try names.map { try SocketAddress(parsing: #require(Self.addresses[String($0)])) }
  }
}
