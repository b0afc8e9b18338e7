// SPDX-License-Identifier: Apache-2.0

public import CompletionIO
public import ShadowsocksProtocol

/// A SOCKS5 proxy that carries what programs send to a server that knows the secret.
public struct ShadowsocksClient: Sendable {
  private let server: SocketAddress
  private let secret: SharedSecret
  private let limits: RelayLimits
  private let streamSalts: SaltRegister
  private let packetSalts: SaltRegister
  private let report: FailureReport

  /// Makes a client.
  ///
  /// - Parameters:
  ///   - server: The server's address, for streams and datagrams.
  ///   - secret: The method and the key of the server.
  ///   - limits: How long it waits, and how much it holds.
  ///   - report: Is told of failures.
  public init(
    of server: SocketAddress, _ secret: SharedSecret, limits: RelayLimits = RelayLimits(),
    report: @escaping FailureReport = { _, _ in }
  ) {
    self.server = server
    self.secret = secret
    self.limits = limits
    self.report = report
    streamSalts = SaltRegister(capacity: limits.saltCount)
    packetSalts = SaltRegister(capacity: limits.saltCount)
  }

  /// Serves programs until the listener closes.
  ///
  /// - Parameter listener: Is served by nobody else.
  /// - Throws: `SocketError` when accepting fails for good.
  public func serve(_ listener: StreamListener) async throws(SocketError) {
    // A program that is refused may have sent more, and would lose the reply to a reset.
    let lingering = LingerLimit(duration: .seconds(1))
    let limits = ServeLimits(connectionsPerLoop: limits.connectionsPerLoop)
    try await listener.serve(limits: limits, lingering: lingering) { await serve($0) }
  }

  private func serve(_ program: StreamConnection) async {
    do throws(TunnelError) {
      guard let (request, early) = try await ask(program) else { return }
      switch request.command {
      case .connect: try await connect(program, to: request.target, early: early)
      case .associate: try await associate(program, request.target)
      }
    } catch {
      report(program.peerAddress, error)
    }
  }

  /// Hears what a program wants, in the time that it has; not any more once the client ends.
  ///
  /// - Returns: The request; `nil` if the program has ended before it, or was refused and told so.
  private func ask(
    _ program: StreamConnection
  ) async throws(TunnelError) -> (SOCKSRequest, early: [UInt8])? {
    let phase = OpeningPhase()
    program.onListenerClose { if phase.isOn { $0.stopReceiving() } }
    defer { phase.end() }
    let deadline = program.loop.now + limits.handshakeTime
    return try await TunnelError.onPlainSide { () throws(SocketError) in
      try await program.withDeadline(deadline) { () throws(SocketError) in
        try await Self.request(on: program)
      }
    }
  }

  private static func request(
    on program: StreamConnection
  ) async throws(SocketError) -> (SOCKSRequest, early: [UInt8])? {
    var negotiation = SOCKSNegotiation()
    while true {
      let step: SOCKSNegotiation.Step
      do throws(SOCKSRefusal) {
        step = try negotiation.next()
      } catch {
        try await program.send(error.answer)
        return nil
      }
      switch step {
      case .answers(let answer): try await program.send(answer)
      case .asks(let request, let early): return (request, early)
      case .waits:
        guard let lease = try await program.receive() else { return nil }
        negotiation.append([UInt8](lease))
      }
    }
  }

  /// Carries bytes between a program and the server.
  private func connect(
    _ program: StreamConnection, to target: Target, early: [UInt8]
  ) async throws(TunnelError) {
    let sealed: StreamConnection
    do throws(SocketError) {
      sealed = try await .connect(to: server, on: program.loop, timeout: limits.connectTime)
    } catch {
      try await answer(error.errno == .connectionRefused ? .connectionRefused : .hostUnreachable)
      throw .sealedSide(error)
    }
    let tunnel = Tunnel(plain: program, sealed: sealed, idleTime: limits.idleTime)
    do throws(TunnelError) {
      try await answer(.succeeded)
      var output = SealedOutput(sealed, secret, streamSalts)
      try await output.send(target.bytes + early)
      try await tunnel.carry(early: [], SealedInput(sealed, secret, streamSalts), output)
      await sealed.close()
    } catch {
      sealed.reset()
      program.reset()
      throw error
    }

    func answer(_ reply: SOCKSReply) async throws(TunnelError) {
      try await TunnelError.onPlainSide { () throws(SocketError) in
        try await program.send(reply.bytes())
      }
    }
  }

  /// Carries datagrams between a program and the server.
  private func associate(
    _ program: StreamConnection, _ source: Target
  ) async throws(TunnelError) {
    let association = try await PacketAssociation.open(
      for: program, source, to: server, secret, packetSalts, report)
    await association.carry(until: program, limits.idleTime)
  }
}
