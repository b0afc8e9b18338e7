// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import ShadowsocksProtocol
import Testing

@testable import ShadowsocksRelay

@Suite("Datagrams through the client and the server", .timeLimit(.minutes(3)))
struct DatagramTests {
  @Test(
    "A datagram goes there and back", arguments: CipherMethod.allCases, ["127.0.0.1:0", "[::1]:0"])
  func thereAndBack(method: CipherMethod, address: String) async throws {
    try await TestedAssociation.with(method, echo: address) { _, association in
      for byteCount in [0, 1, 1400, 9000] {
        let payload = StreamTests.pattern(byteCount)
        try await association.send(payload)
        #expect(try await association.receive() == Packet(association.echo, payload: payload))
      }
    }
  }

  @Test("Over IPv4 a program is told an IPv4 address, also by a listener of both families")
  func bothFamilies() async throws {
    try await TestedAssociation.with(local: "[::]:0") { _, association in
      try await association.send([1])
      #expect(try await association.receive() == Packet(association.echo, payload: [1]))
    }
  }

  @Test("What is not the program's, or is none, is dropped")
  func dropped() async throws {
    try await TestedAssociation.with { tested, association in
      try await association.send([1])
      #expect(try await association.receive()?.payload == [1])
      let stranger = try await DatagramSocket.connect(to: association.relay, on: tested.loop)
      try await stranger.send(SOCKSEnvelope.bytes(of: Packet(association.echo, payload: [2])))
      try await association.program.send([0, 0, 1, 1, 127, 0, 0, 1, 0, 80])
      try await association.send([3])
      #expect(try await association.receive()?.payload == [3])
      await #expect(throws: SocketError.self) { _ = try await stranger.receive(timeout: .zero) }
      await stranger.close()
    }
  }

  @Test("A packet of another password and a copy are refused; the next is carried")
  func refused() async throws {
    try await TestedAssociation.with { tested, association in
      let sender = try await DatagramSocket.connect(to: tested.server, on: tested.loop)
      let packet = Packet(association.echo, payload: [7])
      let other = SharedSecret(.aes256GCM, password: "another")
      try await sender.send(packet.sealed(with: other))
      #expect(await tested.serverFailures.next() == .refused(.authenticationFailed))
      let sealed = packet.sealed(with: tested.secret)
      try await sender.send(sealed)
      let answer = try await sender.receiveBytes()
      #expect(try Packet.open(answer, tested.secret).packet == packet)
      try await sender.send(sealed)
      #expect(await tested.serverFailures.next() == .refused(.replayed))
      // The server's own packet, sent back to it.
      try await sender.send(answer)
      #expect(await tested.serverFailures.next() == .refused(.replayed))
      try await sender.send([1, 2, 3])
      #expect(await tested.serverFailures.next() == .refused(.truncated))
      try await sender.send(packet.sealed(with: tested.secret))
      #expect(try Packet.open(await sender.receiveBytes(), tested.secret).packet == packet)
      await sender.close()
    }
  }

  @Test("Beyond the limit of associations a datagram is dropped, and reported")
  func limit() async throws {
    var limits = RelayLimits()
    limits.associationsPerLoop = 1
    try await TestedAssociation.with(limits: limits) { tested, association in
      try await association.send([1])
      #expect(try await association.receive()?.payload == [1])
      let sender = try await DatagramSocket.connect(to: tested.server, on: tested.loop)
      try await sender.send(Packet(association.echo, payload: [2]).sealed(with: tested.secret))
      #expect(await tested.serverFailures.next() == .tooManyAssociations)
      try await association.send([3])
      #expect(try await association.receive()?.payload == [3])
      await sender.close()
    }
  }

  @Test("An association ends with its connection, with the programs, and when nothing moves")
  func ends() async throws {
    try await TestedAssociation.with { _, association in
      try await association.control.finishSending()
      #expect(try await association.control.receiveRest() == [])
      // Nobody receives there any more.
      await #expect(throws: SocketError.self) {
        while true {
          try await association.send([1])
          _ = try await association.receive()
        }
      }
    }
    var limits = RelayLimits()
    limits.idleTime = .milliseconds(40)
    try await TestedAssociation.with(limits: limits) { _, association in
      let rest = try await association.control.receiveRest()
      #expect(rest == [])
    }
    try await TestedAssociation.with { tested, association in
      try await association.send([1])
      #expect(try await association.receive()?.payload == [1])
      async let forcedCount = tested.group.shutdown(grace: .seconds(3600))
      #expect(try await association.control.receiveRest() == [])
      await association.control.close()
      #expect(try await forcedCount == 0)
    }
  }
}
