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
      ("1.2.3:80", .notNumeric), ("1.2.3.4.5:80", .notNumeric), ("::1:80", .notNumeric),
      ("[127.0.0.1]:80", .notNumeric), ("[::1%eth0]:80", .notNumeric), ("[]:80", .notNumeric),
      (":80", .notNumeric), ("127.0.0.1\0:80", .notNumeric), ("unix:", .emptyPath),
      ("unix:a\0b", .pathHasNUL),
      ("unix:/" + String(repeating: "x", count: 107), .pathTooLong(byteCount: 108)),
    ] as [(String, SocketAddressError.Reason)])
  func refusals(text: String, reason: SocketAddressError.Reason) {
    let error = #expect(throws: SocketAddressError.self) { try SocketAddress(parsing: text) }
    #expect(error?.reason == reason)
    #expect(error?.text == text)
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
