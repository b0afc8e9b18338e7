// SPDX-License-Identifier: Apache-2.0

import Glibc
import ReadinessEcho
import ReadinessIO
import SystemPackage
import TestSupport
import Testing
import Uring

@Suite("Echo servers", .timeLimit(.minutes(3)))
struct EchoServerTests {
  @Test("Every byte comes back, in order", arguments: PollerKind.allCases, [1, 64, 1000, 65536])
  func echo(kind: PollerKind, byteCount: Int) throws {
    let fixture = try EchoFixture(kind)
    let clients = try (0..<8).map { _ in HeldSocket(try .connected(to: fixture.address)) }
    for round in 0..<4 {
      for (index, client) in clients.enumerated() {
        try client.socket.send(all: numbered(byteCount, from: index * 7 + round))
      }
      for (index, client) in clients.enumerated() {
        let expected = numbered(byteCount, from: index * 7 + round)
        #expect(firstDifference(try client.socket.receive(exactly: byteCount), expected) == nil)
      }
    }
    let counters = fixture.stop()
    #expect(counters.acceptedCount == 8)
    #expect(counters.byteCount == UInt64(8 * 4 * byteCount))
    #expect(counters.messageCount >= 32)
    #expect(counters.kernelCallCount > counters.messageCount * 2)
  }

  @Test("A slow reader gets everything", arguments: PollerKind.allCases)
  func slowReader(kind: PollerKind) throws {
    let fixture = try EchoFixture(kind, sendBufferByteCount: 16384)
    let slow = HeldSocket(try .connected(to: fixture.address))
    let total = 1 << 20
    let sender = try TestThread { try? slow.socket.send(all: numbered(total)) }
    // Its bytes do not fit in the sockets' buffers, so by now the server waits for it, or will.
    let other = try PlainSocket.connected(to: fixture.address)
    for round in 0..<50 {
      try other.send(all: numbered(100, from: round))
      #expect(try other.receive(exactly: 100) == numbered(100, from: round))
    }
    let echoed = try slow.socket.receive(exactly: total)
    sender.join()
    #expect(firstDifference(echoed, numbered(total)) == nil)
    #expect(fixture.stop().byteCount == UInt64(total + 5000))
  }

  @Test("What is kept for a slow reader goes when there is room", arguments: PollerKind.allCases)
  func keptBytes(kind: PollerKind) throws {
    var client: HeldSocket?
    // All is there before the server reads, so that one receive takes it and one send cannot:
    // then nothing but room in the buffers can bring the rest on its way.
    let fixture = try EchoFixture(kind, sendBufferByteCount: 4096) { address in
      let socket = try PlainSocket(address.family)
      socket.setOption(SOL_SOCKET, SO_RCVBUF, 4096)
      try socket.connect(to: address)
      try socket.send(all: numbered(60_000))
      client = HeldSocket(socket)
    }
    let received = try #require(client).socket.receive(exactly: 60_000)
    #expect(firstDifference(received, numbered(60_000)) == nil)
    #expect(fixture.stop().messageCount == 1)
  }

  @Test("A peer that resets costs nobody else anything", arguments: PollerKind.allCases)
  func reset(kind: PollerKind) throws {
    let fixture = try EchoFixture(kind)
    let stays = try PlainSocket.connected(to: fixture.address)
    for round in 0..<20 {
      do {
        let resets = try PlainSocket.connected(to: fixture.address)
        resets.resetOnClose()
        try resets.send(all: numbered(20_000))
      }
      try stays.send(all: numbered(64, from: round))
      #expect(try stays.receive(exactly: 64) == numbered(64, from: round))
    }
    #expect(fixture.stop().acceptedCount >= 1)
  }

  @Test("Half-closing ends the echo after the last byte", arguments: PollerKind.allCases)
  func halfClose(kind: PollerKind) throws {
    let fixture = try EchoFixture(kind)
    let client = try PlainSocket.connected(to: fixture.address)
    try client.send(all: numbered(5000))
    client.finishSending()
    #expect(firstDifference(try client.receive(exactly: 5001), numbered(5000)) == nil)
    _ = fixture.stop()
  }

  @Test("Stopping closes the connections and frees the port", arguments: PollerKind.allCases)
  func stop(kind: PollerKind) throws {
    let fixture = try EchoFixture(kind, at: ownLoopback())
    let client = try PlainSocket.connected(to: fixture.address)
    try client.send(all: [1])
    #expect(try client.receive(exactly: 1) == [1])
    _ = fixture.stop()
    #expect(try client.receive(exactly: 1) == [])
    let next = try NonblockingSocket.listen(at: fixture.address)
    #expect(try next.localAddress == fixture.address)
  }

  @Test("A port in use is told with operation and errno")
  func portInUse() throws {
    let first = try NonblockingSocket.listen(at: .loopback(port: 0))
    let address = try first.localAddress
    let error = #expect(throws: NonblockingSocketError.self) {
      _ = try NonblockingSocket.listen(at: address)
    }
    #expect(error == .failed(.bind, .addressInUse))
  }
}
