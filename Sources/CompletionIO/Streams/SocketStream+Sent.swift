internal import SystemPackage
internal import Uring

// How sends end: for those who wait for them, and for what they were sent from.
extension SocketStream {
  /// Takes sent bytes off the line and tells the senders whose last byte went out.
  func consume(_ byteCount: UInt32) {
    var left = byteCount
    while left > 0 {
      let count = unsafe loop.core.pointee.chunks[unsent.head].byteCount
      guard left >= count else {
        return unsafe unsent.trimFirst(by: left, in: loop.core.pointee.chunks)
      }
      left -= count
      endFirstChunk(SendEnd(result: 0, unsentByteCount: 0, cause: .kernel))
    }
  }

  /// Removes the first chunk, frees its memory and tells its sender.
  private func endFirstChunk(_ end: SendEnd) {
    let chunk = unsafe unsent.removeFirst(from: &loop.core.pointee.chunks)
    releaseEnded(chunk, end)
  }

  func releaseEnded(_ chunk: Chunk, _ end: SendEnd) {
    switch chunk.memory {
    case .pool: loop.pool.returnReleased(chunk.bufferIndex)
    case .heap: unsafe UnsafeMutableRawPointer(bitPattern: chunk.base)?.deallocate()
    case .borrowed: break
    }
    if chunk.sendID != 0 { forgetEnding(chunk.sendID) }
    if chunk.isOwners {
      ownersSendEnd = end
      resumeOwner()
    } else {
      unsafe chunk.sender?.resume(returning: end)
    }
  }

  /// Fails everything in line, or only the sends that somebody waits for.
  func failSends(
    _ result: Int32, cause: SocketError.Cause, attempts: Int = 1, sparingQueued: Bool = false
  ) {
    assert(sending == .idle || sending == .inLine, "a send is with the kernel")
    var kept = ChunkQueue()
    var losesQueued = false
    while unsafe !unsent.isEmpty {
      var chunk = unsafe unsent.removeFirst(from: &loop.core.pointee.chunks)
      if sparingQueued, chunk.sendID == 0 {
        chunk.next = -1
        unsafe kept.append(chunk, to: &loop.core.pointee.chunks)
      } else {
        losesQueued = losesQueued || chunk.sendID == 0
        releaseEnded(
          chunk,
          SendEnd(
            result: result, unsentByteCount: chunk.byteCount, cause: cause,
            attempts: Int32(clamping: attempts)))
      }
    }
    unsafe unsent = kept
    if losesQueued, closing == .open { endAfterLoss(result, cause: cause) }
  }

  /// Ends a stream whose queued bytes were lost: nobody waited for them, so its handler or the next
  /// operation is told.
  private func endAfterLoss(_ result: Int32, cause: SocketError.Cause) {
    madeExtras.loss = (result, cause)
    endFinishers(SendEnd(result: result, unsentByteCount: 0, cause: cause))
    if let token = directReceive?.token { loop.end(token) }
    switch receiving {
    case .armed, .pausing:
      receiving = .armed
      loop.end(receiveToken)
    case .idle where directReceive == nil: endReceiving(result, cause: cause)
    case .idle: break
    case .ended: if endResult == 0 { endResult = result }
    }
  }

  /// What a receive's last answer means to somebody who knows how sends have ended.
  ///
  /// A stream whose queued bytes were lost has no good end. Nor has one that was reset: the kernel
  /// tells of that once, and if a send was told, a receive sees an end like any other
  /// (tcp_recvmsg_locked).
  func knowingSends(
    _ result: Int32, _ cause: SocketError.Cause
  ) -> (result: Int32, cause: SocketError.Cause) {
    if let loss = extras?.loss { return loss }
    let resets = [-Errno.connectionReset.rawValue, -Errno.timedOut.rawValue]
    guard result == 0, resets.contains(sendFailure) else { return (result, cause) }
    return (sendFailure, .kernel)
  }

  /// Tells that nothing can be sent now, because there is no flight for it.
  ///
  /// Senders that wait may try again; queued bytes are lost, and with them the stream.
  func refuseSends() {
    let result = -Errno.noBufferSpace.rawValue
    failSends(result, cause: .tableFull, sparingQueued: true)
    if unsafe !unsent.isEmpty {
      sendFailure = result
      failSends(result, cause: .tableFull)
    }
    // Nothing is left to wait for, above all not for a close.
    finishDraining()
  }

  /// What follows when the line has become empty.
  func finishDraining() {
    if hasFinishers { shutDownIfSent() }
    if handler != nil { resumeReceive() }
    if closing == .draining { endOperations() }
  }
}
