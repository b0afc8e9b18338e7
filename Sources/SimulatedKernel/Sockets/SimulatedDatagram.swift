// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

/// A datagram on its way, or in the queue of a socket.
struct SimulatedDatagram {
  let bytes: [UInt8]
  /// Where it comes from; `nil` for a Unix-domain socket without a name.
  let sender: SocketAddress?
  /// Whose send buffer it is charged to, until it has arrived or, over a Unix-domain socket, been
  /// received.
  let source: SimulatedSocket

  /// Bytes that a queue is charged: an empty datagram takes memory too.
  var charge: Int { bytes.count + Self.overhead }

  static var overhead: Int { 32 }
}

// Sockets of datagrams, UDP and Unix-domain (udp(7), unix(7)).
extension SimulatedSocket {
  /// The most bytes of a UDP datagram over IPv4: 16 bits of length, less the headers.
  static var datagramByteLimit: Int { 65507 }
  /// Datagrams that a Unix-domain socket may have queued before its senders wait
  /// (`net.unix.max_dgram_qlen`).
  private static var unixQueueLimit: Int { 10 }

  /// Whether senders have to wait for this Unix-domain socket (unix_recvq_full).
  private var isQueueFull: Bool { isUnix && datagrams.count > Self.unixQueueLimit }

  /// Whether a Unix-domain peer's queue is full of what others, too, have sent
  /// (unix_dgram_poll).
  var awaitsPeer: Bool {
    guard isUnix, let peer else { return false }
    return peer.isQueueFull && peer.peer !== self
  }

  /// Wakes those that send here and nowhere else.
  func wakeSenders() {
    senders.removeAll { $0.peer !== self }
    for sender in senders { sender.wakeForRoom() }
  }

  /// Whether a sender may go on: less is charged than the buffer has (sock_alloc_send_pskb).
  var takesDatagrams: Bool { sentCharge < sendLimit }

  /// Gives the socket a peer, which takes no time; 0 or a negated errno.
  func connectDatagrams(to address: SocketAddress) -> Int32 {
    if isUnix {
      guard let target = machine.datagramSocket(at: address, from: self) else {
        return
          -(machine.hasNoFile(at: address)
          ? Errno.noSuchFileOrDirectory : .connectionRefused).rawValue
      }
      guard target.accepts(self) else { return -Errno.notPermitted.rawValue }
      peer = target
      target.senders.append(self)
    } else {
      machine.bindIfUnbound(self)
    }
    remoteAddress = address
    state = .connected
    return 0
  }

  /// Whether a Unix-domain socket takes what another sends: it has no peer, or that one (unix_may_send).
  private func accepts(_ source: SimulatedSocket) -> Bool { peer == nil || peer === source }

  // MARK: Sending

  /// Sends a datagram to an address, or to the peer.
  ///
  /// - Returns: The result; a wait if the socket, or a Unix-domain target, has no room.
  func sendDatagram(_ bytes: [UInt8], to address: SocketAddress?) -> Progress {
    if isUnix { return sendUnixDatagram(bytes, to: address) }
    if error != 0 { return .done(-takeError()) }
    guard let target = address ?? remoteAddress else {
      return .done(-Errno.addressRequired.rawValue)
    }
    guard bytes.count <= Self.datagramByteLimit else {
      return .done(-Errno.messageTooLong.rawValue)
    }
    guard let port = target.port, port != 0 else { return .done(-Errno.invalidArgument.rawValue) }
    machine.bindIfUnbound(self)
    guard takesDatagrams else { return .wait(.writing) }
    let datagram = SimulatedDatagram(bytes: bytes, sender: localAddress?.simulated, source: self)
    sentCharge += datagram.charge
    // In order from each socket, as over a loopback interface, unless a fault lets one overtake.
    let overtakes = machine.faults.strikes(.datagramReordering)
    let time = max(machine.now + machine.latency(), overtakes ? 0 : lastArrival)
    if !overtakes { lastArrival = time }
    machine.schedule(.arrive(datagram, at: target), after: time - machine.now)
    return .done(Int32(bytes.count))
  }

  private func sendUnixDatagram(_ bytes: [UInt8], to address: SocketAddress?) -> Progress {
    if error != 0 { return .done(-takeError()) }
    guard bytes.count <= sendLimit - SimulatedDatagram.overhead else {
      return .done(-Errno.messageTooLong.rawValue)
    }
    guard address != nil || state == .connected else {
      return .done(-Errno.socketNotConnected.rawValue)
    }
    guard takesDatagrams else { return .wait(.writing) }
    guard let target = address.map({ machine.datagramSocket(at: $0, from: self) }) ?? peer,
      !target.isReleased
    else {
      guard let address else {
        // The peer is gone, and with it the connection (unix_dgram_sendmsg).
        peer = nil
        state = .idle
        return .done(-Errno.connectionRefused.rawValue)
      }
      let isNoFile = machine.hasNoFile(at: address)
      return .done(-(isNoFile ? Errno.noSuchFileOrDirectory : .connectionRefused).rawValue)
    }
    guard target.accepts(self) else { return .done(-Errno.notPermitted.rawValue) }
    // Two that are each other's peers have only the send buffer between them (unix_dgram_sendmsg).
    guard !target.isQueueFull || target.peer === self else { return .queue(at: target) }
    let datagram = SimulatedDatagram(bytes: bytes, sender: localAddress, source: self)
    sentCharge += datagram.charge
    target.queue(datagram)
    return .done(Int32(bytes.count))
  }

  // MARK: Receiving

  /// Keeps a datagram, which wakes whoever waits for one.
  private func queue(_ datagram: SimulatedDatagram) {
    datagrams.append(datagram)
    receivedCharge += datagram.charge
    machine.trace.note(
      at: machine.now, "socket \(datagram.source.number) → \(number): \(datagram.bytes.count) bytes"
    )
    wake(.reading)
  }

  /// A UDP datagram arrives, or is dropped because the queue is full (udp_queue_rcv_skb).
  func arrive(_ datagram: SimulatedDatagram) {
    guard receivedCharge <= receiveLimit else { return machine.lose(datagram, "no room") }
    queue(datagram)
  }

  /// Takes the first datagram out; there must be one.
  func removeFirstDatagram() -> SimulatedDatagram {
    let datagram = datagrams.removeFirst()
    receivedCharge -= datagram.charge
    if isUnix { datagram.source.giveBack(datagram) }
    if !isQueueFull { wakeConnectors() }
    return datagram
  }

  /// Frees room in the send buffer; half of it has to be free before a writer is woken
  /// (sock_writeable).
  func giveBack(_ datagram: SimulatedDatagram) {
    sentCharge -= datagram.charge
    if sentCharge * 2 < sendLimit { wake(.writing) }
  }

  /// Ends a socket of datagrams, with all that nobody has received.
  func releaseDatagrams() {
    state = .dead
    while !datagrams.isEmpty { machine.lose(removeFirstDatagram(), "closed") }
    wakeConnectors()
    peer = nil
  }
}

extension SimulatedMachine {
  /// The socket that a datagram for an address comes to: one that is connected to the sender comes
  /// first, and one that is connected to somebody else does not count (udp4_lib_lookup2).
  func datagramSocket(at address: SocketAddress, from source: SimulatedSocket) -> SimulatedSocket? {
    let sockets = datagramSockets[address.simulated] ?? []
    if source.isUnix { return sockets.first }
    let sender = source.localAddress?.simulated
    let connected = sockets.filter { $0.remoteAddress?.simulated == sender && sender != nil }
    if let socket = connected.first { return socket }
    let others = sockets.filter { $0.remoteAddress == nil }
    return others.isEmpty ? nil : others[below(others.count)]
  }

  /// A datagram reaches an address.
  func arrive(_ datagram: SimulatedDatagram, at address: SocketAddress) {
    let source = datagram.source
    source.giveBack(datagram)
    if faults.strikes(.datagramLoss) { return lose(datagram, "a fault") }
    if let target = datagramSocket(at: address, from: source) { return target.arrive(datagram) }
    lose(datagram, "nobody there")
    // ICMP's word reaches only a socket that is connected to that address (__udp4_lib_err).
    guard !source.isReleased, source.remoteAddress?.simulated == address.simulated else { return }
    source.error = Errno.connectionRefused.rawValue
    source.wakeAll()
  }

  func lose(_ datagram: SimulatedDatagram, _ reason: @autoclosure () -> String) {
    lostDatagramCount += 1
    trace.note(
      at: now, "a datagram of socket \(datagram.source.number) is lost: \(reason())")
  }

  /// Gives a UDP socket a port, if it has none.
  func bindIfUnbound(_ socket: SimulatedSocket) {
    guard !socket.isUnix, socket.localAddress == nil else { return }
    let address = makeLocalAddress()
    socket.localAddress = address
    datagramSockets[address, default: []].append(socket)
  }
}
