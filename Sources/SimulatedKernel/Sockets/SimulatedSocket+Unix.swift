// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

// Unix-domain streams: everything arrives at once, and both ends know of each other (af_unix.c).
extension SimulatedSocket {
  /// Connects at once or says why not; the listener is looked at before the socket itself
  /// (unix_stream_connect).
  func connectUnix(to address: SocketAddress) -> Int32 {
    guard let listener = machine.listener(at: address) else {
      return machine.hasNoFile(at: address)
        ? -Errno.noSuchFileOrDirectory.rawValue : -Errno.connectionRefused.rawValue
    }
    guard !listener.isBacklogFull else { return -Errno.resourceTemporarilyUnavailable.rawValue }
    guard state == .idle else {
      let isConnected = state == .connected
      return -(isConnected ? Errno.socketIsConnected : Errno.invalidArgument).rawValue
    }
    remoteAddress = address
    listener.take(self)
    return 0
  }

  /// Ends one direction or both, of this side and the opposite one of the peer (unix_shutdown).
  ///
  /// It succeeds in every state, and so says nothing about the connection.
  func shutDownUnix(receiving: Bool, sending: Bool) {
    isReceiveShut = isReceiveShut || receiving
    isSendShut = isSendShut || sending
    if let peer {
      peer.isSendShut = peer.isSendShut || receiving
      peer.isReceiveShut = peer.isReceiveShut || sending
      peer.wakeAll()
    }
    wakeAll()
  }

  /// Ends the socket for its peer: both directions at once, with an error where the peer's bytes were
  /// not received (unix_release_sock).
  func closeUnix() {
    let isReset = !receiveQueue.isEmpty
    receiveQueue.removeAll()
    state = .dead
    endForPeer(isReset: isReset)
  }

  /// Tells the peer that this end is gone.
  func endForPeer(isReset: Bool) {
    guard let peer else { return }
    self.peer = nil
    peer.peer = nil
    peer.isSendShut = true
    peer.isReceiveShut = true
    if isReset { peer.error = Errno.connectionReset.rawValue }
    machine.trace.note(
      at: machine.now, "socket \(number) is gone\(isReset ? ", and resets" : "") \(peer.number)")
    peer.wakeAll()
  }

  /// The answer to a receive that finds no bytes.
  var emptyUnixAnswer: Int32? {
    if state != .connected { return -Errno.invalidArgument.rawValue }
    if error != 0 { return -takeError() }
    return isReceiveShut ? 0 : nil
  }

  /// The answer to a send that cannot go on; it leaves the pending error to the receive
  /// (unix_stream_sendmsg).
  var refusedUnixAnswer: Int32? {
    if state != .connected { return -Errno.socketNotConnected.rawValue }
    return isSendShut ? -Errno.brokenPipe.rawValue : nil
  }
}
