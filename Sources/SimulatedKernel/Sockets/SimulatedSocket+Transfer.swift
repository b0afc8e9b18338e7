// SPDX-License-Identifier: Apache-2.0

internal import Uring

// Bytes on their way: from the program into the send buffer, over the network, and out again.
extension SimulatedSocket {
  /// Room for bytes of the program.
  var room: Int { max(0, sendLimit - unreceivedByteCount) }

  /// Bytes that the send buffer is charged for; over a Unix-domain socket until the peer receives
  /// them.
  var unreceivedByteCount: Int { isUnix ? peer?.receiveQueue.count ?? 0 : sendQueue.count }

  /// Takes bytes of the program, for which there is room.
  func accept(_ pieces: [MemoryPiece], from offset: Int, _ byteCount: Int) {
    var skipped = 0
    var left = byteCount
    for piece in pieces where left > 0 {
      let start = max(0, offset - skipped)
      skipped += piece.byteCount
      guard start < piece.byteCount else { continue }
      let count = min(left, piece.byteCount - start)
      if isUnix {
        peer?.receiveQueue.append(piece.address + UInt(start), count)
      } else {
        sendQueue.append(piece.address + UInt(start), count)
      }
      left -= count
      if left == 0 { break }
    }
    acceptedByteCount += UInt64(byteCount)
    if isUnix { peer?.wake(.reading) } else { scheduleTransfer() }
  }

  /// Gives bytes to the program, which makes room for the peer's.
  func deliver(_ byteCount: Int, to address: UInt) {
    receiveQueue.removeFirst(byteCount, to: address)
    receivedByteCount += UInt64(byteCount)
    guard let peer else { return }
    if !isUnix { peer.scheduleTransfer() } else if peer.hasRoom { peer.wake(.writing) }
  }

  /// Has what waits here travel, soon.
  func scheduleTransfer() {
    guard !isUnix, !isTransferScheduled, state == .connected, let peer else { return }
    let canMove = !sendQueue.isEmpty && peer.receiveQueue.count < peer.receiveLimit
    let canEnd = sendQueue.isEmpty && isSendShut && !hasSentEnd
    let isLost = !sendQueue.isEmpty && peer.isReleased
    guard canMove || canEnd || isLost else { return }
    isTransferScheduled = true
    machine.schedule(.transfer(self), after: machine.latency())
  }

  /// Moves what the peer has room for, and the end of the stream behind the last byte.
  func transfer() {
    isTransferScheduled = false
    guard state == .connected, let peer else { return }
    if !sendQueue.isEmpty {
      // Bytes for a socket that nobody has open any more are answered with a reset (tcp_rcv_state).
      if peer.isReleased { return peer.resetConnection() }
      let room = peer.receiveLimit - peer.receiveQueue.count
      let count = machine.faults.cut(min(sendQueue.count, room), by: .shortTransfer)
      guard count > 0 else { return }
      sendQueue.removeFirst(count, to: &peer.receiveQueue)
      machine.trace.note(at: machine.now, "socket \(number) → \(peer.number): \(count) bytes")
      peer.wake(.reading)
      if hasRoom { wakeForRoom() }
    }
    if sendQueue.isEmpty, isSendShut, !hasSentEnd {
      hasSentEnd = true
      peer.isAtEnd = true
      peer.wakeAll()
    }
    scheduleTransfer()
    endIfBothEnded()
  }
}
