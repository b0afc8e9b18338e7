// SPDX-License-Identifier: Apache-2.0

internal import CompletionIO
internal import ShadowsocksProtocol
internal import Synchronization

/// Carries datagrams between a program and the server, for as long as the program's connection
/// lasts (RFC 1928, 7).
///
/// A datagram of another sender than the program is dropped.
final class PacketAssociation: Sendable {
  private let near: DatagramSocket
  private let far: DatagramSocket
  private let programHost: String
  private let secret: SharedSecret
  private let salts: SaltRegister
  private let report: FailureReport
  private let state: Mutex<State>

  private struct State {
    /// Where the program sends from: told in its request, or seen with its first datagram.
    var program: SocketAddress?
    /// When a datagram went either way last.
    var lastMoved: LoopInstant
  }

  private init(
    near: DatagramSocket, far: DatagramSocket, programHost: String, told: SocketAddress?,
    _ secret: SharedSecret, _ salts: SaltRegister, _ report: @escaping FailureReport
  ) {
    self.near = near
    self.far = far
    self.programHost = programHost
    self.secret = secret
    self.salts = salts
    self.report = report
    state = Mutex(State(program: told, lastMoved: near.loop.now))
  }

  /// Opens the sockets, and tells the program where to send to.
  static func open(
    for program: StreamConnection, _ source: Target, to server: SocketAddress,
    _ secret: SharedSecret, _ salts: SaltRegister, _ report: @escaping FailureReport
  ) async throws(TunnelError) -> PacketAssociation {
    try await TunnelError.onPlainSide { () throws(SocketError) in
      guard let own = program.localAddress?.unmapped.with(port: 0),
        let peer = program.peerAddress?.unmapped
      else {
        throw SocketError(.bind, .invalidArgument, cause: .badAddress)
      }
      let near = try await DatagramSocket.bind(to: own, on: program.loop)
      let far = try await DatagramSocket.connect(to: server, on: program.loop)
      let bound = near.localAddress.flatMap { Target($0) }
      let reply = bound.map { SOCKSReply.succeeded.bytes(bound: $0) }
      try await program.send(reply ?? SOCKSReply.generalFailure.bytes())
      let isTold = source.port != 0 && source.address?.unmapped.internetBytes == peer.internetBytes
      let told = isTold ? peer.with(port: source.port) : nil
      return PacketAssociation(
        near: near, far: far, programHost: peer.host, told: told, secret, salts, report)
    }
  }

  /// Returns when the program's connection has ended, or nothing has moved for some time.
  func carry(until program: StreamConnection, _ idleTime: Duration) async {
    program.onListenerClose { $0.stopReceiving() }
    await withTaskGroup(of: Void.self) { parts in
      parts.addTask { await Self.watch(program) }
      parts.addTask { await self.carryOut() }
      parts.addTask { await self.carryBack(idleTime) }
      await parts.next()
      parts.cancelAll()
    }
    await near.close()
    await far.close()
  }

  /// Ends with the program's connection, on which nothing more is said.
  private static func watch(_ program: StreamConnection) async {
    while (try? await program.receive()) != nil {}
  }

  /// Carries the program's datagrams to the server.
  private func carryOut() async {
    while let datagram = await near.nextDatagram() {
      do throws(TunnelError) {
        try datagram.refuseTruncated()
        guard let sender = datagram.sender, isProgram(sender),
          let packet = SOCKSEnvelope.open(datagram.withBytes { [UInt8](copying: $0) })
        else { continue }
        let sealed = packet.sealed(with: secret, salt: salts.own())
        // One that does not get out is lost, as datagrams are.
        try? await far.send(sealed)
        noteMove()
      } catch {
        report(datagram.sender, error)
      }
    }
  }

  /// Carries the server's datagrams to the program, until nothing has moved for some time.
  private func carryBack(_ idleTime: Duration) async {
    while true {
      let deadline = state.withLock { $0.lastMoved } + idleTime
      guard far.loop.now < deadline else { return }
      do throws(SocketError) {
        guard let datagram = try await far.receive(until: deadline) else { return }
        await answer(datagram)
      } catch {
        // An earlier datagram has led to an error, or the time has to be looked at again.
        guard error.cause == .kernel || error.cause == .timeout else { return }
      }
    }
  }

  private func answer(_ datagram: borrowing Datagram) async {
    guard let program = state.withLock({ $0.program }) else { return }
    do throws(TunnelError) {
      try datagram.refuseTruncated()
      let bytes = datagram.withBytes { [UInt8](copying: $0) }
      let packet = try TunnelError.refusing { () throws(ShadowsocksError) in
        let (packet, salt) = try Packet.open(bytes, secret)
        try salts.admit(salt)
        return packet
      }
      noteMove()
      try? await near.send(SOCKSEnvelope.bytes(of: packet), to: program)
    } catch {
      report(far.peerAddress, error)
    }
  }

  private func noteMove() {
    let now = near.loop.now
    state.withLock { $0.lastMoved = now }
  }

  /// Whether a datagram is the program's, whose port is that of the first.
  private func isProgram(_ sender: SocketAddress) -> Bool {
    guard sender.host == programHost else { return false }
    return state.withLock { state in
      state.program = state.program ?? sender
      return state.program == sender
    }
  }
}
