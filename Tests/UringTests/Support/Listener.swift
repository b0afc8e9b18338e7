// SPDX-License-Identifier: Apache-2.0

import CLiburing
import Glibc
import SystemPackage
import Testing
import Uring

/// A TCP listener on the loopback interface and a port of the kernel's choice.
struct Listener: ~Copyable {
  let descriptor: FileDescriptor
  let port: UInt16

  init() {
    let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    let address = Memory(of: Self.loopback(port: 0))
    var length = socklen_t(address.byteCount)
    let start = unsafe address.start.assumingMemoryBound(to: sockaddr.self)
    let isBound = unsafe Glibc.bind(number, start, length) == 0
    let isListening = listen(number, 16) == 0
    let hasName = unsafe getsockname(number, start, &length) == 0
    descriptor = FileDescriptor(rawValue: number)
    port = UInt16(address.bytes[2]) << 8 | UInt16(address.bytes[3])
    #expect(isBound && isListening && hasName)
  }

  deinit { try? descriptor.close() }

  /// Connects a blocking socket; the listener's queue takes it at once.
  func connectClient() throws -> FileDescriptor {
    let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    try #require(client >= 0)
    let address = Memory(of: Self.loopback(port: port))
    let result = unsafe Glibc.connect(
      client, address.start.assumingMemoryBound(to: sockaddr.self),
      socklen_t(address.byteCount))
    try #require(result == 0)
    return FileDescriptor(rawValue: client)
  }

  static func loopback(port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return address
  }
}
