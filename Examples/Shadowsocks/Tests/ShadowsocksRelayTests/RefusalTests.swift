// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import ShadowsocksProtocol
import Testing

@testable import ShadowsocksRelay

@Suite("What the server and the client refuse", .timeLimit(.minutes(3)))
struct RefusalTests {
  /// Bytes that the server refuses, made with its secret.
  enum Probe: CaseIterable {
    case random, otherPassword, unknownType, badName, skippedChunk

    func bytes(_ secret: SharedSecret) -> [UInt8] {
      var sealer = ChunkSealer(secret)
      switch self {
      case .random: return (0..<200).map { _ in UInt8.random(in: 0...255) }
      case .otherPassword:
        sealer = ChunkSealer(SharedSecret(secret.method, password: "another"))
        return sealer.seal(Target(.ipv4([127, 0, 0, 1]), port: 1).bytes)
      case .unknownType: return sealer.seal([2, 127, 0, 0, 1, 0, 1])
      case .badName: return sealer.seal([3, 0, 0, 1])
      case .skippedChunk:
        // The second chunk where the first has to be.
        let first = sealer.seal([1])
        return Array(first.prefix(32)) + sealer.seal([127, 0, 0, 1, 0, 80])
      }
    }

    var error: ShadowsocksError {
      switch self {
      case .random, .otherPassword, .skippedChunk: .authenticationFailed
      case .unknownType: .unknownAddressType(2)
      case .badName: .badName
      }
    }
  }

  @Test("Bad bytes are reported, and the peer is told nothing", arguments: Probe.allCases)
  func quiet(probe: Probe) async throws {
    var limits = RelayLimits()
    limits.handshakeTime = .seconds(3600)
    try await TestedPair.with(limits: limits) { tested in
      let peer = try await tested.probe(probe.bytes(tested.secret))
      #expect(await tested.serverFailures.next() == .refused(probe.error))
      // As with one who has not said enough yet.
      #expect(await peer.hasReceivedNothing())
      try await peer.send([UInt8](repeating: 1, count: 100_000))
      try await peer.finishSending()
      let end = await #expect(throws: SocketError.self) { try await peer.receiveRest() }
      #expect(end?.errno == .connectionReset)
      await peer.close()
      // Everybody else goes on.
      let (program, origin) = try await tested.carried()
      try await program.send([1])
      #expect(try await origin.receive(exactly: 1) == [1])
      await program.close()
      await origin.close()
    }
  }

  @Test("All whom the server does not know end in the same way at the end of their time")
  func endOfTime() async throws {
    var limits = RelayLimits()
    limits.handshakeTime = .seconds(1)
    try await TestedPair.with(limits: limits) { tested in
      let incomplete = Array(Probe.unknownType.bytes(tested.secret).dropLast())
      var peers: [StreamConnection] = []
      for bytes in [[], [1], Probe.random.bytes(tested.secret), incomplete] {
        peers.append(try await tested.probe(bytes))
      }
      for peer in peers {
        let end = await #expect(throws: SocketError.self) { try await peer.receiveRest() }
        #expect(end?.errno == .connectionReset)
        await peer.close()
      }
    }
  }

  @Test("A stream that ends inside its beginning is truncated")
  func truncated() async throws {
    try await TestedPair.with { tested in
      let peer = try await tested.probe(Array(Probe.badName.bytes(tested.secret).prefix(40)))
      try await peer.finishSending()
      #expect(await tested.serverFailures.next() == .refused(.truncated))
      let end = await #expect(throws: SocketError.self) { try await peer.receiveRest() }
      #expect(end?.errno == .connectionReset)
      await peer.close()
    }
  }

  @Test("A copy of a stream is refused, and reaches no target")
  func replayed() async throws {
    try await TestedPair.with { tested in
      let listener = try await StreamListener.bind(to: .loopback(port: 0), on: tested.others)
      var sealer = ChunkSealer(tested.secret)
      let stream = try sealer.seal(listener.target().bytes + [7])
      let peer = try await tested.probe(stream)
      let origin = try await listener.accept()
      #expect(try await origin.receive(exactly: 1) == [7])
      let copy = try await tested.probe(stream)
      #expect(await tested.serverFailures.next() == .refused(.replayed))
      // The stream that was copied goes on, and the next connection is not the copy's.
      try await peer.send(sealer.seal([8]))
      #expect(try await origin.receive(exactly: 1) == [8])
      let program = try await tested.program(to: listener.target())
      try await program.send([9])
      let next = try await listener.accept()
      #expect(try await next.receive(exactly: 1) == [9])
      for connection in [copy, peer, origin, program, next] { await connection.close() }
      await listener.close()
    }
  }

  @Test("A byte that is changed on the way resets the target, and the peer is told nothing")
  func changed() async throws {
    var limits = RelayLimits()
    limits.handshakeTime = .seconds(3600)
    try await TestedPair.with(limits: limits) { tested in
      let listener = try await StreamListener.bind(to: .loopback(port: 0), on: tested.others)
      var sealer = ChunkSealer(tested.secret)
      let peer = try await tested.probe(sealer.seal(listener.target().bytes + [7]))
      let origin = try await listener.accept()
      #expect(try await origin.receive(exactly: 1) == [7])
      var changed = sealer.seal([8])
      changed[0] ^= 1
      try await peer.send(changed)
      #expect(await tested.serverFailures.next() == .refused(.authenticationFailed))
      await #expect(throws: SocketError.self) { try await origin.receiveRest() }
      #expect(await peer.hasReceivedNothing())
      try await peer.finishSending()
      await #expect(throws: SocketError.self) { try await peer.receiveRest() }
      for connection in [peer, origin] { await connection.close() }
      await listener.close()
    }
  }

  @Test("A client with another password gets no byte")
  func wrongPassword() async throws {
    var limits = RelayLimits()
    limits.handshakeTime = .seconds(3600)
    try await TestedPair.with(localPassword: "another", limits: limits) { tested in
      let program = try await tested.program(to: Target(.ipv4([127, 0, 0, 1]), port: 1))
      #expect(await tested.serverFailures.next() == .refused(.authenticationFailed))
      #expect(await program.hasReceivedNothing())
      try await program.finishSending()
      await #expect(throws: SocketError.self) { try await program.receiveRest() }
      await program.close()
    }
  }

  @Test("An answer that is cut off does not look complete")
  func cutOff() async throws {
    let group = try CompletionLoopGroup(count: 1)
    let secret = SharedSecret(.aes256GCM, password: "password")
    let server = try await StreamListener.bind(to: .loopback(port: 0), on: group)
    let listener = try await StreamListener.bind(to: .loopback(port: 0), on: group)
    let (failures, continuation) = AsyncStream.makeStream(of: TunnelError.self)
    let client = ShadowsocksClient(of: server.localAddress, secret) { continuation.yield($1) }
    let serving = Task { try await client.serve(listener) }
    let program = try await StreamConnection.connect(to: listener.localAddress, on: group)
    try await program.send([5, 1, 0, 5, 1, 0] + Target(.name("a"), port: 1).bytes)
    let sealed = try await server.accept()
    var sealer = ChunkSealer(secret)
    try await sealed.send(sealer.seal([1]) + sealer.seal([2]).dropLast())
    try await sealed.finishSending()
    #expect(await failures.next() == .refused(.truncated))
    await #expect(throws: SocketError.self) { try await program.receiveRest() }
    await program.close()
    await sealed.close()
    await group.close()
    try await serving.value
  }

  @Test("A server that is not there is told to the program")
  func noServer() async throws {
    let group = try CompletionLoopGroup(count: 1)
    let free = try await StreamListener.bind(to: .loopback(port: 0), on: group)
    let address = free.localAddress
    await free.close()
    let secret = SharedSecret(.aes256GCM, password: "password")
    let listener = try await StreamListener.bind(to: .loopback(port: 0), on: group)
    let serving = Task { try await ShadowsocksClient(of: address, secret).serve(listener) }
    let program = try await StreamConnection.connect(to: listener.localAddress, on: group)
    try await program.send([5, 1, 0, 5, 1, 0] + Target(.name("a"), port: 1).bytes)
    #expect(try await program.receiveRest() == [5, 0, 5, 5, 0, 1, 0, 0, 0, 0, 0, 0])
    await program.close()
    await group.close()
    try await serving.value
  }
}
