// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Synchronization

/// Serves the clients of a listener.
struct Proxy: Sendable {
  private let limits: ProxyLimits

  init(_ limits: ProxyLimits = ProxyLimits()) {
    self.limits = limits
  }

  /// Serves until the listener closes.
  func serve(_ listener: StreamListener) async throws(SocketError) {
    // A client that is refused may have sent more, and would lose the reply to a reset.
    let lingering = LingerLimit(duration: .seconds(1))
    try await listener.serve(lingering: lingering) { try await serve($0) }
  }

  private func serve(_ client: StreamConnection) async throws {
    do {
      var reader = ByteReader(client)
      guard let request = try await negotiate(with: client, &reader) else { return }
      switch request.command {
      case .connect: try await connect(reader, to: request.destination)
      case .associate: try await Association.serve(client, request.destination, limits)
      }
    } catch let refusal as Refusal {
      try await client.send(refusal.answer)
    }
  }

  /// Hears what a client wants, in the time that it has; not any more once the proxy ends.
  private func negotiate(
    with client: StreamConnection, _ reader: inout ByteReader
  ) async throws -> ProxyRequest? {
    let phase = NegotiationPhase()
    client.onListenerClose { if phase.isOn { $0.stopReceiving() } }
    defer { phase.end() }
    return try await client.withDeadline(client.loop.now + limits.negotiationTime) {
      try await Negotiation.request(from: &reader)
    }
  }

  /// Carries bytes between a client and where it wants to, first those that it has sent ahead.
  private func connect(
    _ reader: consuming ByteReader, to destination: Destination
  ) async throws {
    let client = reader.connection
    let origin: StreamConnection
    do throws(SocketError) {
      origin = try await connection(to: destination, on: client.loop)
    } catch {
      throw Refusal(Reply(error))
    }
    do throws(SocketError) {
      try await client.send(Reply.succeeded.bytes(bound: origin.localAddress))
    } catch {
      origin.reset()
      throw error
    }
    try await reader.relay(with: origin, idleLimit: limits.idleTime)
  }

  private func connection(
    to destination: Destination, on loop: CompletionLoop
  ) async throws(SocketError) -> StreamConnection {
    switch destination {
    case .address(let address):
      try await .connect(to: address, on: loop, timeout: limits.connectTime)
    case .name(let name, let port):
      try await .connect(host: name, port: port, on: loop, timeout: limits.connectTime)
    }
  }
}

/// Whether a client has yet to say what it wants.
private final class NegotiationPhase: Sendable {
  private let flag = Atomic(true)

  var isOn: Bool { flag.load(ordering: .relaxed) }

  func end() {
    flag.store(false, ordering: .relaxed)
  }
}
