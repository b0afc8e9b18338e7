// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import ShadowsocksProtocol
import Testing

@testable import ShadowsocksRelay

/// A server and a local client of it that are tested, and loops for programs and origins.
struct TestedPair {
  /// Where programs ask for SOCKS5.
  let local: SocketAddress
  /// Where the server takes streams and packets.
  let server: SocketAddress
  let secret: SharedSecret
  /// The loop of the server and the client.
  let group: CompletionLoopGroup
  /// The loop of programs and origins.
  let others: CompletionLoopGroup
  /// What the server reports.
  let serverFailures: AsyncStream<TunnelError>
  /// What the client reports.
  let localFailures: AsyncStream<TunnelError>

  var loop: CompletionLoop { others.loops[0] }

  /// Runs a server, whose password is "password", and a client while a body uses them.
  static func with(
    _ method: CipherMethod = .aes256GCM, localPassword: String = "password",
    local: String = "127.0.0.1:0", limits: RelayLimits = RelayLimits(),
    lookUp: @escaping NameLookUp = systemLookUp, _ body: (TestedPair) async throws -> Void
  ) async throws {
    let group = try CompletionLoopGroup(count: 1)
    let others = try CompletionLoopGroup(count: 1)
    let (serverFailures, serverContinuation) = AsyncStream.makeStream(of: TunnelError.self)
    let (localFailures, localContinuation) = AsyncStream.makeStream(of: TunnelError.self)
    let secret = SharedSecret(method, password: "password")
    var server = ShadowsocksServer(secret, limits: limits) { serverContinuation.yield($1) }
    server.lookUp = lookUp
    let sockets = try await ServerSockets.bind(to: .loopback(port: 0), on: group)
    let address = sockets.listener.localAddress
    let client = ShadowsocksClient(
      of: address, SharedSecret(method, password: localPassword), limits: limits
    ) { localContinuation.yield($1) }
    let listener = try await StreamListener.bind(to: local, on: group)
    let serving = Task { [server] in try await server.serve(sockets.listener) }
    let packets = Task { [server] in await server.serve(sockets.datagrams) }
    let proxying = Task { try await client.serve(listener) }
    do {
      try await body(
        TestedPair(
          local: listener.localAddress, server: address, secret: secret, group: group,
          others: others, serverFailures: serverFailures, localFailures: localFailures))
    } catch {
      Issue.record(error)
    }
    await others.close()
    await group.close()
    try await serving.value
    try await proxying.value
    await packets.value
  }

  /// Connects to a target through the client.
  func program(to target: Target) async throws -> StreamConnection {
    let program = try await StreamConnection.connect(to: local, on: loop)
    try await program.send([5, 1, 0, 5, 1, 0] + target.bytes)
    let reply = try await program.receive(exactly: 12)
    #expect(reply == [5, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0])
    return program
  }

  /// Connects through the client to an origin that the test is.
  func carried() async throws -> (program: StreamConnection, origin: StreamConnection) {
    let listener = try await StreamListener.bind(to: .loopback(port: 0), on: others)
    let program = try await program(to: listener.target())
    let origin = try await listener.accept()
    await listener.close()
    return (program, origin)
  }

  /// Connects to the server itself, and sends bytes.
  func probe(_ bytes: [UInt8]) async throws -> StreamConnection {
    let probe = try await StreamConnection.connect(to: server, on: loop)
    try await probe.send(bytes)
    return probe
  }
}

extension AsyncStream {
  /// Waits for the next element.
  func next() async -> Element? {
    for await element in self { return element }
    return nil
  }
}

extension StreamListener {
  /// Where the listener is, for clients that want to be carried there.
  func target() throws -> Target { try #require(Target(localAddress)) }
}

extension StreamConnection {
  /// Receives so many bytes.
  func receive(exactly count: Int) async throws -> [UInt8] {
    var reader = ByteReader(self)
    guard try await reader.read(exactly: count) else { throw SocketError(.receive, .noData) }
    #expect(reader.unreadByteCount == 0)
    return [UInt8](copying: reader.element)
  }

  /// Whether no byte, no end and no reset has come.
  func hasReceivedNothing() async -> Bool {
    do throws(SocketError) {
      _ = try await receive(timeout: .zero)
      return false
    } catch {
      return error.cause == .timeout
    }
  }

  /// Receives up to the end of the stream.
  func receiveRest() async throws -> [UInt8] {
    var bytes: [UInt8] = []
    while let lease = try await receive() { bytes.append(contentsOf: lease) }
    return bytes
  }
}

extension DatagramSocket {
  /// Receives a datagram.
  func receiveOne() async throws -> Datagram {
    guard let datagram = try await receive() else { throw SocketError(.receive, .noData) }
    return datagram
  }

  /// Receives a datagram, and copies its bytes.
  func receiveBytes() async throws -> [UInt8] {
    try await receiveOne().withBytes { [UInt8](copying: $0) }
  }
}
