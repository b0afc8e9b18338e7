// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import Glibc
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// Listeners on all interfaces, and connects from an address of one's own.
@Suite(.timeLimit(.minutes(3))) struct BindPortTests {
  private static let hasIPv6 =
    (try? PlainSocket.bound(to: SocketAddress(parsing: "[::1]:0"))) != nil

  enum Way: CaseIterable {
    case port, portOnALoop, text
  }

  private func listener(_ way: Way, on group: CompletionLoopGroup) async throws -> StreamListener {
    switch way {
    case .port: try await StreamListener.bind(port: 0, on: group)
    case .portOnALoop: try StreamListener.bind(port: 0, on: group.loops[0])
    case .text: try await StreamListener.bind(to: ":0", on: group)
    }
  }

  @Test(arguments: Way.allCases)
  func bothFamiliesAreServed(_ way: Way) async throws {
    try await withLoops(2) { group in
      let listener = try await listener(way, on: group)
      let port = try #require(listener.localAddress.port)
      #expect(port != 0 && listener.localAddress.isWildcard)
      for host in Self.hasIPv6 ? ["127.0.0.1", "[::1]"] : ["127.0.0.1"] {
        let client = try await StreamConnection.connect(to: "\(host):\(port)", on: group)
        let accepted = try await listener.accept()
        try await client.send([7])
        #expect(try await accepted.receive(atMost: 1) == [7])
        await client.close()
        await accepted.close()
      }
      await listener.close()
    }
  }

  @Test(arguments: [":99999", ":", ":-1", ":+1", ":8 0"])
  func aBadPortIsRefused(_ text: String) async throws {
    try await withLoops { group in
      let error = await failure { () async throws(SocketError) in
        _ = try await StreamListener.bind(to: text, on: group)
      }
      #expect(error?.cause == .badAddress && error?.addressError?.text == text)
    }
  }

  private static let withoutIPv6: [(Errno, Bool, Int32?)] = [
    (.addressFamilyNotSupported, false, AF_INET), (.addressNotAvailable, false, AF_INET),
    (.addressInUse, false, nil), (.addressFamilyNotSupported, true, nil),
  ]

  /// A kernel without IPv6, on a kernel that has it.
  @Test(arguments: withoutIPv6)
  func withoutIPv6ItIsIPv4(_ errno: Errno, _ isIPv6Only: Bool, _ family: Int32?) throws {
    var options = SocketOptions()
    options.isIPv6Only = isIPv6Only
    let bound = try? WildcardFamily.each(options.isIPv6Only) { family throws(SocketError) in
      if family == .ipv6 { throw SocketError(.bind, errno) }
      return SocketAddress.everywhere(family, port: 80).family
    }
    #expect(bound == family)
  }

  @Test func aConnectComesFromItsLocalAddress() async throws {
    try await withLoops { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      var options = SocketOptions()
      let local = ownLoopback()
      options.localAddress = local
      let connection = try await StreamConnection.connect(
        to: listener.localAddress, on: group.loops[0], options: options)
      #expect(try await connection.option(.choosesPortAtConnect))
      let accepted = try await listener.accept()
      let source = try #require(accepted.peerAddress)
      #expect(source == connection.localAddress && source.port != 0)
      let host = { (address: SocketAddress) in "\(address)".split(separator: ":")[0] }
      #expect(host(source) == host(local))
      await connection.close()
      await accepted.close()
    }
  }

  @Test(arguments: [
    ("[::1]:0", Errno.addressFamilyNotSupported), ("192.0.2.1:0", .addressNotAvailable),
  ])
  func anAddressThatCannotBeIsRefused(_ local: String, _ errno: Errno) async throws {
    try await withLoops { group in
      var options = SocketOptions()
      options.localAddress = try SocketAddress(parsing: local)
      let asked = options
      let error = await failure { () async throws(SocketError) in
        _ = try await StreamConnection.connect(
          to: .loopback(port: 9), on: group.loops[0], options: asked)
      }
      #expect(error?.operation == .bind && error?.errno == errno)
      #expect(error?.peer == asked.localAddress)
    }
  }
}
