// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

/// A socket of a stream or of datagrams, with bounded buffers, that exists in memory only.
///
/// Its states and the errors that follow from them are those of a TCP socket of Linux (tcp(7),
/// tcp_sendmsg_locked, tcp_recvmsg_locked, tcp_poll), of a UDP socket (udp(7)), or of a Unix-domain one (unix(7), af_unix.c).
package final class SimulatedSocket {
  /// Tells it from all others of its machine; never reused.
  package let number: Int
  unowned let machine: SimulatedMachine
  let isUnix: Bool
  let isDatagram: Bool
  var options: SimulatedOptions

  /// Where a socket is in its life.
  package enum State: Hashable, Sendable {
    /// Neither connected nor listening, or no more.
    case idle
    /// Its SYN is on its way.
    case connecting
    case listening
    /// A Unix-domain socket stays so when its peer is gone.
    case connected
    /// Reset, ended on both sides, or failed for good.
    case dead
  }

  package internal(set) var state = State.idle
  var localAddress: SocketAddress?
  var remoteAddress: SocketAddress?
  var peer: SimulatedSocket?
  /// The errno that the next operation is told, or 0 (`SO_ERROR`).
  var error: Int32 = 0
  /// Whether a connect was answered before it had an end, so that the next one is told the end
  /// (`SS_CONNECTING`).
  var owesConnectResult = false

  // Bytes.
  var sendQueue = ByteQueue()
  var receiveQueue = ByteQueue()
  var sendLimit: Int
  var receiveLimit: Int
  /// Bytes that the program has been told are sent.
  package internal(set) var acceptedByteCount: UInt64 = 0
  /// Bytes that the program has received.
  package internal(set) var receivedByteCount: UInt64 = 0
  var isTransferScheduled = false

  // Datagrams.
  var datagrams = Line<SimulatedDatagram>()
  /// What the receive queue is charged for, and what the send buffer.
  var receivedCharge = 0
  var sentCharge = 0
  /// When the last datagram that this socket has sent arrives.
  var lastArrival: UInt64 = 0

  // Directions.
  var isSendShut = false
  var isReceiveShut = false
  /// Whether the end of the stream has arrived at the peer.
  var hasSentEnd = false
  /// Whether the peer's end of the stream has arrived here.
  var isAtEnd = false

  // Who holds it.
  var descriptorCount = 0
  /// Requests that keep it open: a close sends no FIN before they have ended (io_uring(7)).
  var holderCount = 0
  var isReleased = false

  // Requests that wait.
  var readers: [ArmedRequest] = []
  var writers: [ArmedRequest] = []
  // Who watches for arrivals.
  var watches: [SimulatedWatch] = []
  /// Whether what a fault has held back is about to arrive.
  var hasNewsComing = false
  /// Whether there was no room when somebody last asked, so that room is told of (`SOCK_NOSPACE`).
  var hasLackedRoom = false
  /// Unix-domain sockets of datagrams whose peer this one is, or was.
  var senders: [SimulatedSocket] = []

  // Listening.
  var backlog = 0
  var acceptQueue: [SimulatedSocket] = []
  /// Connects that wait for room in the backlog.
  var connectors: [ArmedRequest] = []
  var reusesPort = false

  init(
    number: Int, on machine: SimulatedMachine, family: Int32, isDatagram: Bool = false
  ) {
    self.number = number
    self.machine = machine
    self.isDatagram = isDatagram
    options = SimulatedOptions(family: family, isDatagram: isDatagram)
    isUnix = options.isUnix
    sendLimit = machine.network.sendBufferByteCount
    receiveLimit = machine.network.receiveBufferByteCount
  }

  /// Events that a request can wait for.
  enum Side {
    case reading
    case writing
  }

  // MARK: Readiness

  /// Bytes, a connection, an end or an error.
  var isReadable: Bool {
    if isDatagram { return !datagrams.isEmpty || error != 0 }
    return switch state {
    case .listening: !acceptQueue.isEmpty || isReceiveShut
    case .connecting: false
    case .idle, .connected, .dead:
      !receiveQueue.isEmpty || isAtEnd || isReceiveShut || error != 0 || state == .idle
    }
  }

  /// Room in the send buffer, or an error that a send would be told.
  var isWritable: Bool {
    if isDatagram { return error != 0 || sentCharge * 2 < sendLimit && !awaitsPeer }
    return switch state {
    case .connecting, .listening: false
    case .idle, .dead: true
    case .connected: isSendShut || error != 0 || hasRoom
    }
  }

  /// A third of the buffer has to be free before a writer is woken (sk_stream_is_writeable), and
  /// three quarters of a Unix-domain socket's (unix_writable).
  var hasRoom: Bool {
    isUnix ? unreceivedByteCount * 4 <= sendLimit : (sendLimit - sendQueue.count) * 3 >= sendLimit
  }

  func isReady(_ side: Side) -> Bool {
    side == .reading ? isReadable : isWritable
  }

  /// The pending error, which is told once.
  func takeError() -> Int32 {
    defer { error = 0 }
    return error
  }

  // MARK: Waiting

  /// Wakes requests, and tells whoever watches; of which side is not for them to know.
  func wake(_ side: Side) {
    wakeRequests(side)
    tellWatches()
  }

  func wakeAll() {
    wakeRequests(.reading)
    wakeRequests(.writing)
    tellWatches()
  }

  /// Wakes writers because there is room; who watches hears of it if there has been none
  /// (tcp_check_space, unix_dgram_peer_wake_relay).
  func wakeForRoom() {
    wakeRequests(.writing)
    guard hasLackedRoom else { return }
    hasLackedRoom = false
    tellWatches()
  }

  private func wakeRequests(_ side: Side) {
    var woken: [ArmedRequest] = []
    if side == .reading { swap(&woken, &readers) } else { swap(&woken, &writers) }
    for request in woken { request.ring.wake(request) }
  }

  func tellWatches() {
    for watch in watches { watch.tell() }
  }

  func forget(_ request: ArmedRequest) {
    readers.removeAll { $0 === request }
    writers.removeAll { $0 === request }
    request.awaitedListener?.connectors.removeAll { $0 === request }
    request.awaitedListener = nil
  }

  /// Takes a connection out of the backlog, which makes room there.
  func removeFirstAccepted() -> SimulatedSocket {
    defer { wakeConnectors() }
    return acceptQueue.removeFirst()
  }

  func wakeConnectors() {
    if !senders.isEmpty { wakeSenders() }
    guard !connectors.isEmpty else { return }
    let woken = connectors
    connectors = []
    for request in woken { request.ring.wake(request) }
  }
}
