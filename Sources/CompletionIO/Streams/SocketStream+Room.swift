// SPDX-License-Identifier: Apache-2.0

internal import Uring

// What tasks wait for that queue bytes without a wait: room, and the last byte.
extension SocketStream {
  /// Opens a wait for fewer unsent bytes than the low-water mark; `nil` if there are no more than
  /// the high-water mark.
  func waitForRoom(timeout: Duration?, isOwner: Bool) throws(SocketError) -> WaitID? {
    try checkSending(isOwner)
    guard sending.byteCount > unsentMarks.high else {
      atOnceCount &+= 1
      return nil
    }
    let wait = loop.openWait(for: self, timeout: timeout)
    atOnceCount = 0
    madeExtras.roomWaiters.append(wait)
    return wait
  }

  /// Opens a wait for the last byte that is queued now; `nil` if nothing is.
  func flush(timeout: Duration?, isOwner: Bool) throws(SocketError) -> WaitID? {
    try checkSending(isOwner)
    guard !sending.isEmpty else {
      atOnceCount &+= 1
      return nil
    }
    let wait = loop.openWait(for: self, timeout: timeout)
    atOnceCount = 0
    queue(SendPiece(flush: wait))
    return wait
  }

  /// Tells those who wait for room that there is some, or that there will be none.
  func tellRoom() {
    guard let extras, !extras.roomWaiters.isEmpty else { return }
    let refusal = sendRefusal
    guard refusal != nil || sending.byteCount <= unsentMarks.low else { return }
    let waiters = extras.roomWaiters
    extras.roomWaiters = []
    for wait in waiters {
      if let refusal { fail(wait, refusal) } else { loop.finish(wait) }
    }
  }

  /// Forgets a wait for room that is to end early.
  ///
  /// - Returns: Whether it was one.
  func removeRoomWaiter(_ wait: WaitID) -> Bool {
    guard let extras, let index = extras.roomWaiters.firstIndex(of: wait) else { return false }
    extras.roomWaiters.remove(at: index)
    return true
  }
}

// Gathered sends of tasks.
extension SocketStream {
  /// Queues borrowed pieces, one behind the other, and opens a wait for the last byte of all.
  func send(
    _ parts: InputParts, timeout: Duration?, isOwner: Bool
  ) throws(SocketError) -> WaitID {
    try checkSending(isOwner)
    let wait = loop.openWait(for: self, timeout: timeout)
    atOnceCount = 0
    for index in 0..<parts.count {
      let part = parts[index]
      queue(
        SendPiece(
          borrowing: part.address, byteCount: part.byteCount, wait: wait,
          isLast: index == parts.count - 1))
    }
    return wait
  }
}
