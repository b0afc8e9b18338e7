// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import ShadowsocksProtocol
import Testing

@testable import ShadowsocksRelay

/// A program's association, and a socket that answers each datagram with itself.
struct TestedAssociation {
  let control: StreamConnection
  let relay: SocketAddress
  let program: DatagramSocket
  let echo: Target

  func send(_ payload: [UInt8], to target: Target? = nil) async throws {
    try await program.send(SOCKSEnvelope.bytes(of: Packet(target ?? echo, payload: payload)))
  }

  func receive() async throws -> Packet? {
    SOCKSEnvelope.open(try await program.receiveBytes())
  }

  /// Associates a program with the client while a body uses the association.
  static func with(
    _ method: CipherMethod = .aes256GCM, limits: RelayLimits = RelayLimits(),
    local: String = "127.0.0.1:0", echo address: String = "127.0.0.1:0",
    lookUp: @escaping NameLookUp = systemLookUp,
    _ body: (TestedPair, TestedAssociation) async throws -> Void
  ) async throws {
    try await TestedPair.with(method, local: local, limits: limits, lookUp: lookUp) { tested in
      let echo = try await DatagramSocket.bind(to: address, on: tested.loop)
      let echoing = Task {
        while let datagram = try await echo.receive() { try await echo.reply(datagram) }
      }
      let control = try await StreamConnection.connect(
        to: .loopback(port: tested.local.port ?? 0), on: tested.loop)
      try await control.send([5, 1, 0, 5, 3, 0, 1, 0, 0, 0, 0, 0, 0])
      let reply = try await control.receive(exactly: 12)
      #expect(reply.starts(with: [5, 0, 5, 0, 0, 1, 127, 0, 0, 1]))
      var bytes = reply[5...]
      let relay = try #require(try Target.read(from: &bytes)?.address)
      do {
        let association = TestedAssociation(
          control: control, relay: relay,
          program: try await DatagramSocket.connect(to: relay, on: tested.loop),
          echo: try #require(echo.localAddress.flatMap { Target($0) }))
        try await body(tested, association)
        await association.program.close()
      } catch {
        Issue.record(error)
      }
      await control.close()
      echo.stopReceiving()
      try await echoing.value
    }
  }
}
