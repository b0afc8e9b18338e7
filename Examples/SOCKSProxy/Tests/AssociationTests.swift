// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Testing

@testable import SOCKSProxy

@Suite("Datagrams through the SOCKS proxy", .timeLimit(.minutes(3)))
struct AssociationTests {
  /// An association, and a socket that answers each datagram with itself.
  private static func with(
    _ limits: ProxyLimits = ProxyLimits(), echo address: String = "127.0.0.1:0",
    _ body: (StreamConnection, SocketAddress, SocketAddress, CompletionLoop) async throws -> Void
  ) async throws {
    try await TestedProxy.with(limits) { proxy in
      let loop = proxy.others.loops[0]
      let echo = try await DatagramSocket.bind(to: address, on: loop)
      let echoing = Task {
        while let datagram = try await echo.receive() { try await echo.reply(datagram) }
      }
      let control = try await proxy.connect(
        sending: TestedProxy.greeting + [5, 3, 0, 1, 0, 0, 0, 0, 0, 0])
      var reply = [UInt8](repeating: 0, count: 12)
      try await control.receiveAll(into: &reply)
      #expect(Array(reply[..<5]) == [5, 0, 5, 0, 0])
      guard case .address(let relay) = Destination(.ipv4, reply[6...]) else {
        throw SocketError(.receive, .noData)
      }
      let echoAddress = try #require(echo.localAddress)
      do {
        try await body(control, relay, echoAddress, loop)
      } catch {
        Issue.record(error)
      }
      await control.close()
      echo.stopReceiving()
      try await echoing.value
    }
  }

  private static func envelope(to address: SocketAddress, _ payload: [UInt8]) -> [UInt8] {
    DatagramEnvelope.bytes(from: address, payload: payload.span.bytes)
  }

  @Test("A datagram goes there and back", arguments: ["127.0.0.1:0", "[::1]:0"])
  func thereAndBack(address: String) async throws {
    try await Self.with(echo: address) { control, relay, echo, loop in
      let client = try await DatagramSocket.connect(to: relay, on: loop)
      for size in [0, 1, 1200, 9000] {
        let sent = Self.envelope(to: echo, [UInt8](repeating: 5, count: size))
        try await client.send(sent)
        #expect(try await client.receiveBytes() == sent)
      }
      await control.close()
      await client.close()
    }
  }

  @Test("A name in a datagram is looked up, and one without an address is dropped")
  func names() async throws {
    try await Self.with { control, relay, echo, loop in
      let client = try await DatagramSocket.connect(to: relay, on: loop)
      let port = try #require(echo.port)
      let portBytes = [UInt8(port >> 8), UInt8(port & 0xFF)]
      let sent: [(name: String, payload: UInt8)] = [
        ("127.0.0.1:80", 1), ("127.0.0.1", 2), ("127.0.0.1", 3),
      ]
      for (name, payload) in sent {
        let text = Array(name.utf8)
        try await client.send([0, 0, 0, 3, UInt8(text.count)] + text + portBytes + [payload])
      }
      #expect(try await client.receiveBytes() == Self.envelope(to: echo, [2]))
      #expect(try await client.receiveBytes() == Self.envelope(to: echo, [3]))
      await client.close()
    }
  }

  @Test("What is not the client's, or is none, is dropped")
  func dropped() async throws {
    try await Self.with { control, relay, echo, loop in
      let client = try await DatagramSocket.connect(to: relay, on: loop)
      let stranger = try await DatagramSocket.connect(to: relay, on: loop)
      try await client.send(Self.envelope(to: echo, [1]))
      #expect(try await client.receiveBytes().count == 11)
      try await stranger.send(Self.envelope(to: echo, [2]))
      try await client.send([0, 0, 1, 1, 127, 0, 0, 1, 0, 80])
      try await client.send(Self.envelope(to: echo, [3]))
      #expect(try await client.receiveBytes() == Self.envelope(to: echo, [3]))
      // The proxy has read the stranger's datagram before: it was queued first.
      await #expect(throws: SocketError.self) {
        _ = try await stranger.receive(timeout: .zero)
      }
      await client.close()
      await stranger.close()
    }
  }

  @Test("An association ends with its connection, with the proxy, and when nothing moves")
  func ends() async throws {
    try await Self.with { control, relay, echo, loop in
      let client = try await DatagramSocket.connect(to: relay, on: loop)
      try await control.finishSending()
      #expect(try await control.receiveRest() == [])
      // Nobody receives there any more.
      await #expect(throws: SocketError.self) {
        while true {
          try await client.send(Self.envelope(to: echo, [1]))
          _ = try await client.receive()
        }
      }
      await client.close()
    }
    var limits = ProxyLimits()
    limits.idleTime = .milliseconds(40)
    try await Self.with(limits) { control, _, _, _ in
      let rest = try await control.receiveRest()
      #expect(rest == [])
    }
    try await TestedProxy.with { proxy in
      let control = try await proxy.connect(
        sending: TestedProxy.greeting + [5, 3, 0, 1, 0, 0, 0, 0, 0, 0])
      var reply = [UInt8](repeating: 0, count: 12)
      try await control.receiveAll(into: &reply)
      async let forcedCount = proxy.group.shutdown(grace: .seconds(3600))
      #expect(try await control.receiveRest() == [])
      await control.close()
      #expect(try await forcedCount == 0)
    }
  }
}
