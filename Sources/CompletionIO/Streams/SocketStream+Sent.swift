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
    unsafe chunk.sender?.resume(returning: end)
  }

  /// Fails everything in line, or only the sends that somebody waits for.
  func failSends(
    _ result: Int32, cause: SocketError.Cause, attempts: Int = 1, sparingQueued: Bool = false
  ) {
    assert(sending == .idle || sending == .inLine, "a send is with the kernel")
    var kept = ChunkQueue()
    while unsafe !unsent.isEmpty {
      var chunk = unsafe unsent.removeFirst(from: &loop.core.pointee.chunks)
      if sparingQueued, chunk.sendID == 0 {
        chunk.next = -1
        unsafe kept.append(chunk, to: &loop.core.pointee.chunks)
      } else {
        releaseEnded(
          chunk,
          SendEnd(
            result: result, unsentByteCount: chunk.byteCount, cause: cause, attempts: attempts))
      }
    }
    unsafe unsent = kept
  }

  /// Tells that nothing can be sent now, because there is no flight for it.
  ///
  /// Senders that wait may try again; queued bytes are lost, and with them the stream.
  func refuseSends() {
    let result = -Errno.noBufferSpace.rawValue
    failSends(result, cause: .tableFull, sparingQueued: true)
    guard unsafe !unsent.isEmpty else { return }
    sendFailure = result
    failSends(result, cause: .tableFull)
    guard handler != nil else { return }
    if receiving == .armed || receiving == .pausing {
      receiving = .armed
      loop.end(receiveToken)
    } else if receiving == .idle {
      endReceiving(result, cause: .tableFull)
    }
  }

  /// What follows when the line has become empty.
  func finishDraining() {
    if !finishers.isEmpty { shutDownIfSent() }
    if handler != nil { resumeReceive() }
    if closing == .draining { endOperations() }
  }
}
