// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Synchronization

/// Carries datagrams for one client, for as long as its connection lasts (RFC 1928, 7).
///
/// A name in a datagram is looked up, while the client's next datagrams wait. A datagram of another
/// sender than the client is dropped, and so is one whose name has no address.
final class Association: Sendable {
  private let near: DatagramSocket
  private let far: [DatagramSocket]
  private let clientHost: String
  /// How long a look-up may take.
  private let lookUpTime: Duration
  /// Where the client sends from: told in its request, or seen with its first datagram.
  private let clientAddress: Mutex<SocketAddress?>
  private let movedCount = Atomic(0)

  private init(
    near: DatagramSocket, far: [DatagramSocket], clientHost: String, _ told: SocketAddress?,
    lookUpTime: Duration
  ) {
    self.near = near
    self.far = far
    self.clientHost = clientHost
    self.lookUpTime = lookUpTime
    clientAddress = Mutex(told)
  }

  /// Serves a client until its connection ends, nothing has moved for some time, or the loop drains.
  static func serve(
    _ client: StreamConnection, _ source: Destination, _ limits: ProxyLimits
  ) async throws {
    guard let own = client.localAddress, let peer = client.peerAddress else {
      throw Refusal(.generalFailure)
    }
    let association: Association
    do throws(SocketError) {
      association = try await open(at: own, for: peer, source, limits, on: client.loop)
    } catch {
      throw Refusal(.generalFailure)
    }
    try await client.send(Reply.succeeded.bytes(bound: association.near.localAddress))
    await association.carry(until: client, limits.idleTime)
    await association.close()
  }

  private static func open(
    at own: SocketAddress, for peer: SocketAddress, _ source: Destination, _ limits: ProxyLimits,
    on loop: CompletionLoop
  ) async throws(SocketError) -> Association {
    // On a socket of both families an IPv4 client has a mapped address, and here a plain one.
    let (own, peer) = (own.unmapped, peer.unmapped)
    let host = own.host.contains(":") ? "[\(own.host)]:0" : "\(own.host):0"
    let near = try await DatagramSocket.bind(to: host, on: loop)
    var far = [try await DatagramSocket.bind(to: "0.0.0.0:0", on: loop)]
    var options = DatagramOptions()
    options.isIPv6Only = true
    // A machine may do without IPv6.
    if let socket = try? await DatagramSocket.bind(to: "[::]:0", on: loop, options: options) {
      far.append(socket)
    }
    var told: SocketAddress?
    if case .address(let address) = source, address.port != 0, address.host == peer.host {
      told = address
    }
    return Association(
      near: near, far: far, clientHost: peer.host, told, lookUpTime: limits.connectTime)
  }

  /// Returns when the first of its parts has ended, and with it the others.
  private func carry(until client: StreamConnection, _ idleTime: Duration) async {
    await withTaskGroup(of: Void.self) { parts in
      parts.addTask { await self.watch(client) }
      parts.addTask { await self.watch(idleTime) }
      parts.addTask { await self.carryOut() }
      for socket in far { parts.addTask { await self.carryBack(from: socket) } }
      await parts.next()
      parts.cancelAll()
    }
  }

  private func close() async {
    await near.close()
    for socket in far { await socket.close() }
  }

  /// Ends with the client's connection, on which nothing more is said.
  private func watch(_ client: StreamConnection) async {
    while (try? await client.receive()) != nil {}
  }

  /// Ends when no datagram has moved for as long as the limit says, to a quarter.
  private func watch(_ limit: Duration) async {
    var (last, stillCount) = (movedCount.load(ordering: .relaxed), 0)
    while stillCount < 4 {
      do { try await near.loop.sleep(for: limit / 4) } catch { return }
      let count = movedCount.load(ordering: .relaxed)
      stillCount = count == last ? stillCount + 1 : 0
      last = count
    }
  }

  /// Carries the client's datagrams to where they are addressed to.
  private func carryOut() async {
    var names = NamedAddresses(families: far.compactMap { $0.localAddress?.family })
    while let datagram = await Self.receive(on: near) {
      guard let sender = datagram.sender, isClient(sender),
        let envelope = DatagramEnvelope(datagram.withBytes { [UInt8](copying: $0) }),
        let address = await names.address(
          of: envelope.destination, on: near.loop, timeout: lookUpTime),
        let socket = far.first(where: { $0.localAddress?.family == address.family })
      else { continue }
      // One that does not get out is lost, as datagrams are.
      try? await socket.send(envelope.payload, to: address)
      movedCount.add(1, ordering: .relaxed)
    }
  }

  /// Carries datagrams of others to the client.
  private func carryBack(from socket: DatagramSocket) async {
    while let datagram = await Self.receive(on: socket) {
      guard let client = clientAddress.withLock({ $0 }), let sender = datagram.sender else {
        continue
      }
      let bytes = datagram.withBytes { DatagramEnvelope.bytes(from: sender, payload: $0) }
      try? await near.send(bytes, to: client)
      movedCount.add(1, ordering: .relaxed)
    }
  }

  /// Receives the next datagram, beyond errors that earlier ones have led to; `nil` at the end.
  private static func receive(on socket: DatagramSocket) async -> Datagram? {
    while true {
      do throws(SocketError) {
        return try await socket.receive()
      } catch {
        guard error.cause == .kernel else { return nil }
      }
    }
  }

  /// Whether a datagram is the client's, whose port is that of the first.
  private func isClient(_ sender: SocketAddress) -> Bool {
    guard sender.host == clientHost else { return false }
    return clientAddress.withLock { address in
      address = address ?? sender
      return address == sender
    }
  }
}
