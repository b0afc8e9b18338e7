// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

// Ends: shutdown(2), close(2), and the peer's reset.
extension SimulatedSocket {
  /// Ends one direction or both; 0 or a negated errno.
  func shutDown(_ direction: Int32) -> Int32 {
    let endsReceiving = direction == 0 || direction == 2  // SHUT_RD, SHUT_RDWR (shutdown(2)).
    let endsSending = direction == 1 || direction == 2  // SHUT_WR, SHUT_RDWR.
    if isDatagram { return state == .connected ? 0 : -Errno.socketNotConnected.rawValue }
    guard !isUnix else {
      shutDownUnix(receiving: endsReceiving, sending: endsSending)
      return 0
    }
    // A connection that is over, reset or in good order on both sides, has nothing to shut down
    // (inet_shutdown).
    switch state {
    case .idle, .dead:
      return -Errno.socketNotConnected.rawValue
    case .connecting:
      owesConnectResult = false
      fail(Errno.connectionReset.rawValue)
      return 0
    case .listening:
      if endsReceiving { isReceiveShut = true }
      wakeAll()
      return 0
    case .connected:
      if endsReceiving { isReceiveShut = true }
      if endsSending { isSendShut = true }
      machine.trace.note(at: machine.now, "socket \(number) shuts down \(direction)")
      wakeAll()
      scheduleTransfer()
      return 0
    }
  }

  /// Ends a socket from inside, because of an error that the next operation is told.
  func fail(_ error: Int32) {
    self.error = error
    isSendShut = true
    isReceiveShut = true
    machine.trace.note(at: machine.now, "socket \(number) fails with \(error)")
    guard !isUnix else {
      endForPeer(isReset: true)
      return wakeAll()
    }
    let peer = peer
    state = state == .connecting ? .idle : .dead
    sendQueue.removeAll()
    self.peer = nil
    wakeAll()
    peer?.receiveReset()
  }

  /// The peer has reset the connection; bytes that have arrived can still be received (tcp_reset).
  func receiveReset() {
    guard state == .connected else { return }
    peer = nil
    // In CLOSE_WAIT, where the peer alone had ended its half, the error is EPIPE.
    let isCloseWait = isAtEnd && !isSendShut
    fail(isCloseWait ? Errno.brokenPipe.rawValue : Errno.connectionReset.rawValue)
  }

  /// Ends the socket once neither a descriptor nor a request holds it.
  func releaseIfUnused() {
    guard descriptorCount == 0, holderCount == 0, !isReleased else { return }
    isReleased = true
    for watch in watches { watch.end() }
    machine.didRelease(self)
    if isDatagram { return releaseDatagrams() }
    switch state {
    case .idle, .dead:
      state = .dead
    case .connecting:
      state = .dead
    case .listening:
      state = .dead
      let refused = acceptQueue
      acceptQueue = []
      for socket in refused { socket.abandon() }
      wakeConnectors()
    case .connected:
      closeConnection()
    }
  }

  /// Ends a connection that nobody has accepted, or will.
  func abandon() {
    isReleased = true
    resetConnection()
  }

  private func closeConnection() {
    if isUnix { return closeUnix() }
    // Unread bytes turn the FIN into a reset, and so does a linger of no time (tcp_close).
    guard receiveQueue.isEmpty, !options.resetsAtClose else { return resetConnection() }
    isSendShut = true
    isReceiveShut = true
    scheduleTransfer()
  }

  /// Drops the connection, and tells the peer so.
  func resetConnection() {
    if isUnix {
      state = .dead
      return endForPeer(isReset: true)
    }
    let peer = peer
    self.peer = nil
    state = .dead
    sendQueue.removeAll()
    receiveQueue.removeAll()
    peer?.receiveReset()
  }

  /// Ends a connection whose two sides have ended: nothing can reset it any more (tcp_done).
  func endIfBothEnded() {
    guard let peer, hasSentEnd, peer.hasSentEnd else { return }
    self.peer = nil
    peer.peer = nil
    for socket in [self, peer] {
      socket.state = .dead
      socket.isReceiveShut = true
      socket.wakeAll()
    }
  }
}
