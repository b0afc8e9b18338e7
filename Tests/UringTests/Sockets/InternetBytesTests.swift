// SPDX-License-Identifier: Apache-2.0

import Testing
import Uring

/// The bytes of addresses, as protocols carry them.
@Suite("Bytes of addresses") struct InternetBytesTests {
  static let addresses: [(text: String, bytes: [UInt8])] = [
    ("192.0.2.1:80", [192, 0, 2, 1]),
    ("0.0.0.0:0", [0, 0, 0, 0]),
    ("[::]:65535", [UInt8](repeating: 0, count: 16)),
    ("[1:203:405:607:809:a0b:c0d:e0f]:9", [0] + (1...15)),
    ("[fe80::1%7]:80", [0xFE, 0x80] + [UInt8](repeating: 0, count: 13) + [1]),
    (
      "[::ffff:192.0.2.1]:5", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 192, 0, 2, 1]
    ),
  ]

  @Test("An address is taken apart and made again", arguments: addresses)
  func roundTrip(text: String, bytes: [UInt8]) throws {
    let address = try SocketAddress(parsing: text)
    let port = try #require(address.port)
    #expect(address.internetBytes == bytes)
    #expect(SocketAddress(internetBytes: bytes, port: port, scope: address.scope) == address)
    let span = bytes.span
    #expect(
      unsafe SocketAddress(internetBytes: span.bytes, port: port, scope: address.scope)
        == address)
  }

  @Test("Other numbers of bytes are none", arguments: [0, 1, 3, 5, 8, 15, 17, 32])
  func refused(count: Int) {
    let bytes = [UInt8](repeating: 1, count: count)
    #expect(SocketAddress(internetBytes: bytes, port: 1) == nil)
    #expect(unsafe SocketAddress(internetBytes: bytes.span.bytes, port: 1) == nil)
  }

  @Test("The scope is an IPv6 address's alone")
  func scope() throws {
    #expect(try SocketAddress(parsing: "[fe80::1%7]:80").scope == 7)
    #expect(try SocketAddress(parsing: "[fe80::1]:80").scope == 0)
    #expect(SocketAddress(internetBytes: [1, 2, 3, 4], port: 1, scope: 7)?.scope == 0)
    let unix = try SocketAddress.unix("/run/a")
    #expect(unix.scope == 0 && unix.internetBytes == nil)
  }

  @Test(
    "A mapped IPv4 address is told by what it stands for",
    arguments: [
      ("[::ffff:192.0.2.1]:5", "192.0.2.1:5"), ("[::ffff:0.0.0.0]:0", "0.0.0.0:0"),
      // The deprecated form, other prefixes and other families stay.
      ("[::192.0.2.1]:5", "[::192.0.2.1]:5"), ("[::fffe:c000:201]:5", "[::fffe:c000:201]:5"),
      ("[1::ffff:c000:201]:5", "[1::ffff:c000:201]:5"),
      ("[0:0:0:0:1:ffff:c000:201]:5", "[0:0:0:0:1:ffff:c000:201]:5"),
      ("[::1]:5", "[::1]:5"), ("192.0.2.1:5", "192.0.2.1:5"), ("unix:/run/a", "unix:/run/a"),
    ])
  func unmapped(text: String, expected: String) throws {
    let address = try SocketAddress(parsing: text)
    #expect(try address.unmapped == SocketAddress(parsing: expected))
  }
}
