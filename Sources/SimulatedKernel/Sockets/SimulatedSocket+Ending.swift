internal import SystemPackage
internal import Uring

// Ends: shutdown(2), close(2), and the peer's reset.
extension SimulatedSocket {
  /// Ends one direction or both; 0 or a negated errno.
  func shutDown(_ direction: Int32) -> Int32 {
    let endsReceiving = direction == 0 || direction == 2  // SHUT_RD, SHUT_RDWR (shutdown(2)).
    let endsSending = direction == 1 || direction == 2  // SHUT_WR, SHUT_RDWR.
    switch state {
    case .idle, .dead:
      return -Errno.socketNotConnected.rawValue
    case .connecting:
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
    let peer = peer
    self.error = error
    state = state == .connecting ? .idle : .dead
    isSendShut = true
    isReceiveShut = true
    sendQueue.removeAll()
    self.peer = nil
    machine.trace.note(at: machine.now, "socket \(number) fails with \(error)")
    wakeAll()
    peer?.receiveReset()
  }

  /// The peer has reset the connection; bytes that have arrived can still be received (tcp_reset).
  func receiveReset() {
    guard state == .connected else { return }
    peer = nil
    // In CLOSE_WAIT, where the peer had ended its half, the error is EPIPE.
    fail(isAtEnd ? Errno.brokenPipe.rawValue : Errno.connectionReset.rawValue)
  }

  /// Ends the socket once neither a descriptor nor a request holds it.
  func releaseIfUnused() {
    guard descriptorCount == 0, holderCount == 0, !isReleased else { return }
    isReleased = true
    machine.didRelease(self)
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
    // Unread bytes turn the FIN into a reset (tcp_close).
    guard receiveQueue.isEmpty else { return resetConnection() }
    isSendShut = true
    isReceiveShut = true
    scheduleTransfer()
    unlinkIfDone()
  }

  private func resetConnection() {
    let peer = peer
    self.peer = nil
    state = .dead
    sendQueue.removeAll()
    receiveQueue.removeAll()
    peer?.receiveReset()
  }

  /// Lets two ends go that have nothing more to say to each other.
  func unlinkIfDone() {
    guard let peer, isReleased, peer.isReleased, hasSentEnd, peer.hasSentEnd else { return }
    peer.peer = nil
    peer.state = .dead
    self.peer = nil
    state = .dead
  }
}
