internal import SystemPackage
internal import Uring

// How a stream lets its descriptor go; on the loop's thread.
extension SocketStream {
  /// Receives nothing more, and keeps what has come.
  func prepareToGiveAway() throws(SocketError) {
    try checkMayGiveAway()
    guard descriptor.fileDescriptor != nil else {
      throw SocketError(
        .giveAway, .notSupportedOnSocket, cause: .directDescriptor, peer: peerAddress)
    }
    guard receiving.receiver == nil else { throw error(.giveAway, .busy) }
    receiving.isPaused = true
    perform(receiveEvent(.full))
  }

  func checkMayGiveAway() throws(SocketError) {
    guard closing == .open else { throw error(.giveAway, .closed) }
  }

  /// Whether no receive is with the kernel.
  var hasReceiveBack: Bool {
    switch receiving.state {
    case .idle, .ended: true
    case .armed, .pausing, .reading, .confirming: false
    }
  }

  /// Takes everything that has come and that nobody has taken.
  func takeUnread() -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(receiving.byteCount)
    while !receiving.isEmpty {
      let lease = receiving.takeFirst(shared.leases)
      bytes.append(copying: lease.bytes)
    }
    return bytes
  }

  /// Closes the stream behind its queued sends, but not the descriptor.
  func letGo() -> WaitID? {
    madeExtras.isGivenAway = true
    return close(lingering: nil)
  }
}
