// SPDX-License-Identifier: Apache-2.0

public import CompletionIO
public import ShadowsocksProtocol

/// Carries the streams and datagrams of clients that know the secret to where they want to.
public struct ShadowsocksServer: Sendable {
  private let secret: SharedSecret
  private let limits: RelayLimits
  private let streamSalts: SaltRegister
  private let packetSalts: SaltRegister
  private let report: FailureReport
  /// For the names that datagrams are for.
  var lookUp = systemLookUp

  /// Makes a server.
  ///
  /// - Parameters:
  ///   - secret: The method and the key of its clients.
  ///   - limits: How long it waits, and how much it holds.
  ///   - report: Is told of failures.
  public init(
    _ secret: SharedSecret, limits: RelayLimits = RelayLimits(),
    report: @escaping FailureReport = { _, _ in }
  ) {
    self.secret = secret
    self.limits = limits
    self.report = report
    streamSalts = SaltRegister(capacity: limits.saltCount)
    packetSalts = SaltRegister(capacity: limits.saltCount)
  }

  /// Serves streams until the listener closes.
  ///
  /// - Parameter listener: Is served by nobody else.
  /// - Throws: `SocketError` when accepting fails for good.
  public func serve(_ listener: StreamListener) async throws(SocketError) {
    let limits = ServeLimits(connectionsPerLoop: limits.connectionsPerLoop)
    try await listener.serve(limits: limits) { await serve($0) }
  }

  /// Serves datagrams until the sockets receive no more, as when their loops drain.
  ///
  /// - Parameter sockets: One for each loop; are closed at the end.
  public func serve(_ sockets: [DatagramSocket]) async {
    await withDiscardingTaskGroup { tasks in
      for socket in sockets {
        let server = PacketServer(socket, secret, packetSalts, limits, lookUp, report)
        tasks.addTask { await server.serve() }
      }
    }
  }

  private func serve(_ client: StreamConnection) async {
    var input = SealedInput(client, secret, streamSalts)
    let deadline = client.loop.now + limits.handshakeTime
    var isOpen = false
    do throws(TunnelError) {
      guard let head = try await head(of: client, &input, until: deadline) else {
        return client.reset()
      }
      isOpen = true
      try await carry(client, head, input)
    } catch {
      report(client.peerAddress, error)
      if case .refused = error {
        let end = isOpen ? client.loop.now + limits.handshakeTime : deadline
        await stayQuiet(client, until: end)
      }
      client.reset()
    }
  }

  /// Hears what a client wants, in the time that it has; not any more once the server ends.
  ///
  /// - Returns: The target; `nil` if the client has ended before it began.
  private func head(
    of client: StreamConnection, _ input: inout SealedInput, until deadline: LoopInstant
  ) async throws(TunnelError) -> TargetReader.Head? {
    let phase = OpeningPhase()
    client.onListenerClose { if phase.isOn { $0.stopReceiving() } }
    defer { phase.end() }
    return try await client.withDeadline(deadline) { () throws(TunnelError) in
      try await Self.head(&input)
    }
  }

  private static func head(
    _ input: inout SealedInput
  ) async throws(TunnelError) -> TargetReader.Head? {
    var reader = TargetReader()
    while let payload = try await input.next() {
      let head = try TunnelError.refusing { () throws(ShadowsocksError) in
        try reader.read(payload)
      }
      if let head { return head }
    }
    try TunnelError.refusing { () throws(ShadowsocksError) in try reader.finish() }
    return nil
  }

  private func connection(
    to target: Target, on loop: CompletionLoop
  ) async throws(TunnelError) -> StreamConnection {
    try await TunnelError.onPlainSide { () throws(SocketError) in
      if case .name(let name) = target.host, target.address == nil {
        return try await .connect(
          host: name, port: target.port, on: loop, timeout: limits.connectTime)
      }
      guard let address = target.address else {
        throw SocketError(.connect, .invalidArgument, cause: .badAddress)
      }
      return try await .connect(to: address, on: loop, timeout: limits.connectTime)
    }
  }

  private func carry(
    _ client: StreamConnection, _ head: TargetReader.Head, _ input: SealedInput
  ) async throws(TunnelError) {
    let origin = try await connection(to: head.target, on: client.loop)
    let tunnel = Tunnel(plain: origin, sealed: client, idleTime: limits.idleTime)
    let output = SealedOutput(client, secret, streamSalts)
    do throws(TunnelError) {
      try await tunnel.carry(early: head.early, input, output)
      await origin.close()
    } catch {
      origin.reset()
      throw error
    }
  }

  /// Reads on, as from a client that has not said enough yet, and answers nothing.
  ///
  /// So whoever tries bytes without the password learns nothing of where they were refused: all
  /// such connections end in the same way and at the same time.
  private func stayQuiet(_ client: StreamConnection, until deadline: LoopInstant) async {
    client.onListenerClose { $0.stopReceiving() }
    while (try? await client.receive(until: deadline)) != nil {}
  }
}
