// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// Groups of IPv6, by what the kernel's list of them says.
///
/// No datagram tells, because the loopback interface has no route to groups of IPv6.
@Suite("Groups of IPv6", .timeLimit(.minutes(3)))
struct GroupsOfIPv6Tests {
  @Test("A group is joined and left on the interface that is named", arguments: [false, true])
  func joinsAndLeaves(fromOne: Bool) async throws {
    // Of the interface alone, and of one source alone (RFC 4291, RFC 4607).
    let group = try SocketAddress.ipv6(fromOne ? "ff31::5:7:1" : "ff11::5:7:1", port: 1)
    let source = fromOne ? try SocketAddress.ipv6("::1", port: 1) : nil
    try await withLoops { loops in
      let member = try await DatagramSocket.bind(to: "[::1]:0", on: loops.loops[0])
      #expect(try !Self.isJoined(group))
      try await member.join(group, on: .name("lo"), from: source)
      #expect(try Self.isJoined(group))
      let again = await failure { () throws(SocketError) in
        try await member.join(group, on: .name("lo"), from: source)
      }
      #expect(again?.errno == (fromOne ? .addressNotAvailable : .addressInUse))
      try await member.leave(group, on: .name("lo"), from: source)
      #expect(try !Self.isJoined(group))
      await member.close()
    }
  }

  @Test("A close leaves them")
  func closing() async throws {
    let group = try SocketAddress.ipv6("ff11::5:7:2", port: 1)
    try await withLoops { loops in
      let member = try await DatagramSocket.bind(to: "[::1]:0", on: loops.loops[0])
      try await member.join(group, on: .name("lo"))
      #expect(try Self.isJoined(group))
      await member.close()
      #expect(try !Self.isJoined(group))
    }
  }

  @Test("Options are read as they are set")
  func options() async throws {
    try await withLoops { loops in
      let sender = try await DatagramSocket.bind(to: "[::1]:0", on: loops.loops[0])
      let loopback = try NetworkInterface.name("lo").index()
      try await sender.setOption(.ipv6MulticastInterface, to: loopback)
      #expect(try await sender.option(.ipv6MulticastInterface) == loopback)
      try await sender.setOption(.ipv6MulticastHopLimit, to: 7)
      #expect(try await sender.option(.ipv6MulticastHopLimit) == 7)
      #expect(try await sender.option(.ipv6MulticastLoop))
      try await sender.setOption(.ipv6MulticastLoop, to: false)
      #expect(try await sender.option(.ipv6MulticastLoop) == false)
      await sender.close()
    }
  }

  /// Whether a socket of this network has joined a group on the loopback interface.
  private static func isJoined(_ group: SocketAddress) throws -> Bool {
    let bytes = try #require(group.internetBytes)
    let digits = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    return try groups().split(separator: "\n").contains { line in
      let fields = line.split(separator: " ")
      return fields.count > 2 && fields[1] == "lo" && fields[2] == digits
    }
  }

  /// The kernel's list of groups: an interface's index and name, a group, and more.
  private static func groups() throws -> String {
    let file = try FileDescriptor.open(FilePath("/proc/net/igmp6"), .readOnly)
    defer { try? file.close() }
    var text: [UInt8] = []
    var bytes = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = try unsafe bytes.withUnsafeMutableBytes { unsafe try file.read(into: $0) }
      guard count > 0 else { return String(decoding: text, as: UTF8.self) }
      text += bytes[..<count]
    }
  }
}
