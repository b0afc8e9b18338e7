// SPDX-License-Identifier: Apache-2.0

internal import CompletionIO
internal import ShadowsocksProtocol

/// Carries the datagrams of clients that know the secret.
///
/// All of it happens on one loop, whose thread is the actor's: nothing is locked but the salts,
/// which the sockets of all loops share.
actor PacketServer {
  /// A client, and the family of the addresses that it sends to.
  private struct Way: Hashable {
    let client: SocketAddress
    let family: Int32
  }

  /// The socket of a way, and when a datagram went it last.
  private struct Association {
    let socket: DatagramSocket
    var lastMoved: LoopInstant
  }

  private nonisolated let near: DatagramSocket
  private nonisolated let executor: LoopSerialExecutor
  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  private let secret: SharedSecret
  private let salts: SaltRegister
  private let limits: RelayLimits
  private let lookUp: NameLookUp
  private let report: FailureReport
  private var associations: [Way: Association] = [:]
  private var names: RecentNames
  /// Look-ups that are on their way.
  private var lookUpCount = 0

  init(
    _ near: DatagramSocket, _ secret: SharedSecret, _ salts: SaltRegister, _ limits: RelayLimits,
    _ lookUp: @escaping NameLookUp, _ report: @escaping FailureReport
  ) {
    self.near = near
    self.secret = secret
    self.salts = salts
    self.limits = limits
    self.lookUp = lookUp
    self.report = report
    names = RecentNames(lifetime: limits.nameTime)
    executor = near.loop.serialExecutor
  }

  /// Serves until the socket receives no more.
  func serve() async {
    await withDiscardingTaskGroup { tasks in
      while let datagram = await near.nextDatagram() {
        guard let client = datagram.sender else { continue }
        do throws(TunnelError) {
          let packet = try opened(datagram)
          if let address = knownAddress(of: packet.target) {
            guard let way = try send(packet, to: address, for: client) else { continue }
            tasks.addTask { await self.carryBack(way) }
          } else if case .name(let name) = packet.target.host {
            try beginLookUp(of: name)
            // No other datagram waits for the name.
            tasks.addTask { await self.carry(packet, to: name, for: client) }
          }
        } catch {
          report(client, error)
        }
      }
      tasks.cancelAll()
    }
    await near.close()
  }

  /// Opens a client's datagram, and takes its salt.
  private func opened(_ datagram: borrowing Datagram) throws(TunnelError) -> Packet {
    try datagram.refuseTruncated()
    let bytes = datagram.withBytes { [UInt8](copying: $0) }
    return try TunnelError.refusing { () throws(ShadowsocksError) in
      let (packet, salt) = try Packet.open(bytes, secret)
      try salts.admit(salt)
      return packet
    }
  }

  /// The address of a target; `nil` for a name that has to be looked up.
  private func knownAddress(of target: Target) -> SocketAddress? {
    target.address ?? names.address(of: target, at: near.loop.now)
  }

  /// Counts a look-up, which ``carry(_:to:for:)`` does.
  private func beginLookUp(of name: String) throws(TunnelError) {
    guard lookUpCount < limits.lookUpsPerLoop else { throw .tooManyLookUps(name) }
    lookUpCount += 1
  }

  /// Carries a datagram to a name, and the answers back if it is the first on its way.
  private func carry(_ packet: Packet, to name: String, for client: SocketAddress) async {
    do throws(TunnelError) {
      let address = try await address(of: name, packet.target)
      guard let way = try send(packet, to: address, for: client) else { return }
      await carryBack(way)
    } catch {
      report(client, error)
    }
  }

  /// Looks a name up, and remembers its first address.
  private func address(
    of name: String, _ target: Target
  ) async throws(TunnelError) -> SocketAddress {
    defer { lookUpCount -= 1 }
    do throws(SocketError) {
      let address = try await lookUp(name, target.port, near.loop, limits.lookUpTime)[0]
      names.remember(address, of: target, at: near.loop.now)
      return address
    } catch {
      throw .lookUp(error)
    }
  }

  /// Queues a datagram; one for which there is no room is lost, as datagrams are.
  ///
  /// - Returns: The way, if the datagram is the first on it: the caller carries the answers back.
  private func send(
    _ packet: Packet, to address: SocketAddress, for client: SocketAddress
  ) throws(TunnelError) -> Way? {
    let way = Way(client: client, family: address.family)
    let isNew = associations[way] == nil
    if isNew { try open(way, to: address) }
    associations[way]?.lastMoved = near.loop.now
    associations[way]?.socket.endpoint.enqueue(copying: packet.payload.span.bytes, to: address)
    return isNew ? way : nil
  }

  /// Opens a way's socket, at once: of two tasks that need the same way the second finds it open.
  private func open(_ way: Way, to address: SocketAddress) throws(TunnelError) {
    guard associations.count < limits.associationsPerLoop else { throw .tooManyAssociations }
    do throws(SocketError) {
      guard let own = address.wildcard else {
        throw SocketError(.bind, .invalidArgument, cause: .badAddress)
      }
      let socket = DatagramSocket(try DatagramEndpoint.bind(to: own, on: near.loop))
      associations[way] = Association(socket: socket, lastMoved: near.loop.now)
    } catch {
      throw .plainSide(error)
    }
  }

  /// Carries the datagrams of others to a client, until nothing has moved for some time.
  private func carryBack(_ way: Way) async {
    guard let socket = associations[way]?.socket else { return }
    let isQuiet = { [limits] (last: LoopInstant) in last + limits.idleTime <= socket.loop.now }
    while let last = associations[way]?.lastMoved, !isQuiet(last) {
      do throws(SocketError) {
        guard let datagram = try await socket.receive(until: last + limits.idleTime) else { break }
        if let sender = datagram.sender { answer(datagram, from: sender, way) }
      } catch {
        // An earlier datagram has led to an error, or the time has to be looked at again.
        guard error.cause == .kernel || error.cause == .timeout else { break }
      }
    }
    associations[way] = nil
    await socket.close()
  }

  private func answer(
    _ datagram: borrowing Datagram, from sender: SocketAddress, _ way: Way
  ) {
    do throws(TunnelError) {
      try datagram.refuseTruncated()
      guard let target = Target(sender) else { return }
      associations[way]?.lastMoved = near.loop.now
      let packet = Packet(target, payload: datagram.withBytes { [UInt8](copying: $0) })
      let sealed = packet.sealed(with: secret, salt: salts.own())
      near.endpoint.enqueue(copying: sealed.span.bytes, to: way.client)
    } catch {
      report(sender, error)
    }
  }
}
