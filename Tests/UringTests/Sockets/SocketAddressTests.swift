// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import Testing
import Uring

@Suite("Socket addresses")
struct SocketAddressTests {
  @Test(
    "A text is read and written back",
    arguments: [
      "127.0.0.1:7000", "0.0.0.0:0", "255.255.255.255:65535", "[::1]:7000", "[::]:0",
      "[2001:db8::8:800:200c:417a]:443", "[fe80::1%7]:80", "[::ffff:10.0.0.1]:1",
      "unix:/run/a b.sock", "unix:@name", "unix:relative",
    ])
  func roundTrip(text: String) throws {
    let address = try SocketAddress(parsing: text)
    #expect(address.description == text)
    let copy = unsafe address.withSockaddr { pointer, byteCount in
      unsafe SocketAddress(copying: pointer, byteCount: byteCount)
    }
    #expect(copy == address)
  }

  @Test(
    "A text that is no address says why",
    arguments: [
      ("", .missingPort), ("127.0.0.1", .missingPort), ("127.0.0.1:", .missingPort),
      ("[::1]", .missingPort), ("127.0.0.1:65536", .badPort), ("127.0.0.1:-1", .badPort),
      ("127.0.0.1:+1", .badPort), ("127.0.0.1:http", .badPort), ("localhost:80", .notNumeric),
      ("1.2.3:80", .notNumeric), ("1.2.3.4.5:80", .notNumeric), ("::1:80", .missingBrackets),
      ("fe80::1%eth0", .missingBrackets), ("fe80::1", .missingBrackets),
      ("[fe80::1%no-such-link]:80", .unknownZone(name: "no-such-link")),
      (
        "[::1%longer-than-any-interface]:80",
        .unknownZone(name: "longer-than-any-interface")
      ),
      ("[fe80::1%]:80", .unknownZone(name: "")),
      ("[127.0.0.1]:80", .notNumeric), ("[::x%lo]:80", .notNumeric),
      ("[fe80::1%lo\0]:80", .notNumeric), ("[]:80", .notNumeric),
      (":80", .notNumeric), ("127.0.0.1\0:80", .notNumeric), ("unix:", .emptyPath),
      ("unix:a\0b", .pathHasNUL),
      ("unix:/" + String(repeating: "x", count: 107), .pathTooLong(byteCount: 108)),
    ] as [(String, SocketAddressError.Reason)])
  func refusals(text: String, reason: SocketAddressError.Reason) {
    let error = #expect(throws: SocketAddressError.self) { try SocketAddress(parsing: text) }
    #expect(error?.reason == reason)
    #expect(error?.text == text)
  }

  @Test("A zone is the name or the number of a network interface")
  func zones() throws {
    let number = unsafe if_nametoindex("lo")
    try #require(number != 0)
    let numbered = try SocketAddress(parsing: "[fe80::1%\(number)]:80")
    #expect(try SocketAddress(parsing: "[fe80::1%lo]:80") == numbered)
    #expect(try SocketAddress.ipv6("fe80::1%lo", port: 80) == numbered)
    #expect(numbered.description == "[fe80::1%\(number)]:80")
    let error = #expect(throws: SocketAddressError.self) {
      try SocketAddress.ipv6("fe80::1%no-such-link", port: 80)
    }
    #expect(error?.description.contains("no network interface is named \"no-such-link\"") == true)
  }

  @Test("A host of one family says what that family's look like")
  func families() {
    let four = #expect(throws: SocketAddressError.self) { try SocketAddress.ipv4("::1", port: 1) }
    #expect(four?.reason == .notIPv4)
    let six = #expect(throws: SocketAddressError.self) { try SocketAddress.ipv6("[::1]", port: 1) }
    #expect(six?.reason == .notIPv6)
    #expect(six?.description.contains("no brackets") == true)
    let empty = #expect(throws: SocketAddressError.self) { try SocketAddress.unix("") }
    #expect(empty?.description.contains("unix:") == false)
  }

  @Test("A path that fills its structure is read and written back within it")
  func fullPath() throws {
    var raw = sockaddr_un()
    raw.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &raw.sun_path) { path in
      for index in path.indices { unsafe path[index] = UInt8(ascii: "x") }
    }
    let full = MemoryLayout<sockaddr_un>.size
    let address = unsafe withUnsafePointer(to: &raw) {
      unsafe SocketAddress(copying: $0, byteCount: full)
    }
    let byteCount = unsafe try #require(address).withSockaddr { _, byteCount in byteCount }
    #expect(byteCount == full)
  }

  @Test("The bytes are in network order")
  func bytes() throws {
    let address = try SocketAddress.ipv4("1.2.3.4", port: 0x0506)
    let bytes = unsafe address.withSockaddr { pointer, byteCount in
      unsafe Array(UnsafeRawBufferPointer(start: pointer, count: byteCount))
    }
    #expect(bytes.count == 16)
    #expect(bytes[2..<8] == [5, 6, 1, 2, 3, 4])
    #expect(address.port == 0x0506)
  }

  @Test(
    "Wildcards and Unix-domain addresses are told",
    arguments: [
      ("0.0.0.0:80", true, false), ("[::]:80", true, false), ("[::%1]:0", true, false),
      ("127.0.0.1:80", false, false), ("0.0.0.1:80", false, false), ("[::1]:80", false, false),
      ("unix:/run/a", false, true), ("unix:@a", false, true),
    ])
  func kinds(text: String, isWildcard: Bool, isUnixDomain: Bool) throws {
    let address = try SocketAddress(parsing: text)
    #expect(address.isWildcard == isWildcard)
    #expect(address.isUnixDomain == isUnixDomain)
  }

  @Test("Too few bytes and strange families are not copied")
  func refusedCopies() throws {
    let address = SocketAddress.loopback(port: 1)
    unsafe address.withSockaddr { pointer, byteCount in
      for short in 0..<byteCount {
        #expect(unsafe SocketAddress(copying: pointer, byteCount: short) == nil)
      }
    }
    var netlink: (UInt16, UInt64, UInt64) = (16, 0, 0)
    let isCopied = unsafe withUnsafePointer(to: &netlink) { pointer in
      unsafe SocketAddress(copying: pointer, byteCount: 16) != nil
    }
    #expect(!isCopied)
  }
}
