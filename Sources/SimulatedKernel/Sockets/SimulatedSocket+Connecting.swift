// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

// How connections come to be.
extension SimulatedSocket {
  /// Starts to connect; 0 or a negated errno, EINPROGRESS for one that is under way.
  func startConnecting(to address: SocketAddress) -> Int32 {
    if isDatagram { return connectDatagrams(to: address) }
    if isUnix { return connectUnix(to: address) }
    if state != .connecting, owesConnectResult { return takeConnectResult() }
    switch state {
    case .connecting: return -Errno.alreadyInProcess.rawValue
    case .connected: return -Errno.socketIsConnected.rawValue
    case .listening, .dead: return -Errno.invalidArgument.rawValue
    case .idle: break
    }
    remoteAddress = address
    if localAddress == nil { localAddress = machine.makeLocalAddress() }
    isSendShut = false
    isReceiveShut = false
    state = .connecting
    owesConnectResult = true
    machine.schedule(.handshake(self, attempt: 1), after: machine.latency())
    return -Errno.nowInProgress.rawValue
  }

  /// Tells how a connect has ended; after its failure the socket can be connected anew
  /// (__inet_stream_connect).
  func takeConnectResult() -> Int32 {
    owesConnectResult = false
    guard state != .connected else { return 0 }
    let error = takeError()
    return -(error == 0 ? Errno.connectionAbort.rawValue : error)
  }

  /// A SYN has reached the other side.
  func shakeHands(attempt: Int) {
    guard state == .connecting, let address = remoteAddress else { return }
    guard let listener = machine.listener(at: address) else {
      return fail(Errno.connectionRefused.rawValue)
    }
    guard listener.isBacklogFull else { return listener.take(self) }
    // The SYN is dropped and sent again after 1, 2, 4 … s, six times (tcp_syn_retries).
    guard attempt <= 6 else { return fail(Errno.timedOut.rawValue) }
    machine.trace.note(at: machine.now, "SYN of socket \(number) finds the backlog full")
    machine.schedule(
      .handshake(self, attempt: attempt + 1), after: 1_000_000_000 << UInt64(attempt - 1))
  }

  /// One connection more than the backlog fits (sk_acceptq_is_full).
  var isBacklogFull: Bool { acceptQueue.count > backlog }

  /// Makes the other end of a connection and queues it.
  func take(_ client: SimulatedSocket) {
    let server = machine.newSocket(family: options.family)
    server.localAddress = localAddress
    server.remoteAddress = client.localAddress
    // A TCP socket inherits options, a Unix-domain one does not (sk_clone_lock, unix_create1).
    if !isUnix {
      server.options = options
      server.sendLimit = sendLimit
      server.receiveLimit = receiveLimit
    }
    server.state = .connected
    server.peer = client
    client.peer = server
    client.state = .connected
    client.isSendShut = false
    client.isReceiveShut = false
    acceptQueue.append(server)
    machine.trace.note(
      at: machine.now, "socket \(client.number) is connected to \(server.number)")
    client.wakeAll()
    wake(.reading)
  }
}
