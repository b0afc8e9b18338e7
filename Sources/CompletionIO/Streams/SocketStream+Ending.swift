internal import SystemPackage
internal import Uring

// Deadlines, cancellation and closing.
extension SocketStream {
  /// A deadline of a receiver or a sender has passed, or was no longer needed.
  func didReachDeadline(_ outcome: Outcome) {
    guard outcome.result == 0 else { return }  // Cancelled, because what it guarded has ended.
    if outcome.token == extras?.drainTimer { return abort() }
    if receiver?.timer == outcome.token {
      receiver?.timer = Token(rawValue: 0)
      unsafe loop.core.pointee.statistics.deadlines += 1
      return endReceiver(ReceiveEnd(result: -Errno.timedOut.rawValue, cause: .timeout))
    }
    for index in endingSends.indices where endingSends[index].timer == outcome.token {
      endingSends[index].timer = nil
      unsafe loop.core.pointee.statistics.deadlines += 1
      return endSend(endingSends[index].sendID, cause: .timeout)
    }
  }

  /// Ends every wait on the stream from now on, because its task is cancelled.
  func cancelWaits() {
    isCancelled = true
    endWaits(loop.isStopping ? .loopStopped : .cancellation)
    // Its peer may never read what is queued.
    if closing == .draining { abort() }
  }

  /// Ends every wait on the stream.
  func endWaits(_ cause: SocketError.Cause) {
    endReceiver(ReceiveEnd(result: -Errno.canceled.rawValue, cause: cause))
    if let token = directReceive?.token { loop.end(token) }
    endFinishers(SendEnd(result: -Errno.canceled.rawValue, unsentByteCount: 0, cause: cause))
    var index = unsafe unsent.head
    while index >= 0 {
      let chunk = unsafe loop.core.pointee.chunks[index]
      if chunk.sendID != 0 { markEnding(chunk.sendID, cause) }
      index = chunk.next
    }
    endMarkedSendsSoon()
  }

  /// Ends one sender's wait; bytes that are out stay out and are reported.
  func endSend(_ sendID: UInt32, cause: SocketError.Cause) {
    markEnding(sendID, cause)
    endMarkedSendsSoon()
  }

  private func markEnding(_ sendID: UInt32, _ cause: SocketError.Cause) {
    for index in endingSends.indices where endingSends[index].sendID == sendID {
      endingSends[index].cause = cause
      endingSends[index].hasEnded = true
      return
    }
    endingSends.append(EndingSend(sendID: sendID, cause: cause, hasEnded: true))
  }

  /// Ends marked sends now, or once the kernel has given back the one it has.
  private func endMarkedSendsSoon() {
    guard hasEndingSends else { return }
    switch sending {
    case .idle, .inLine: endMarkedSends()
    case .trying, .waiting: loop.end(sendToken)
    }
  }

  func endMarkedSends() {
    guard hasEndingSends else { return }
    var kept = ChunkQueue()
    while unsafe !unsent.isEmpty {
      let chunk = unsafe unsent.removeFirst(from: &loop.core.pointee.chunks)
      let ending = endingSends.first { $0.sendID == chunk.sendID && $0.hasEnded }
      guard let ending, chunk.sendID != 0 else {
        var moved = chunk
        moved.next = -1
        unsafe kept.append(moved, to: &loop.core.pointee.chunks)
        continue
      }
      let result = ending.cause == .timeout ? Errno.timedOut : Errno.canceled
      releaseEnded(
        chunk,
        SendEnd(result: -result.rawValue, unsentByteCount: chunk.byteCount, cause: ending.cause))
    }
    unsafe unsent = kept
    endingSends.removeAll { $0.hasEnded }
  }

  func forgetEnding(_ sendID: UInt32) {
    guard let index = endingSends.firstIndex(where: { $0.sendID == sendID }) else { return }
    if let timer = endingSends[index].timer { loop.end(timer) }
    endingSends.remove(at: index)
  }

  // MARK: Closing

  /// Closes the stream when its queued sends are out, or at the latest after
  /// ``LoopConfiguration/drainTimeLimit``; a second call does nothing.
  public func close() {
    guard closing == .open else { return }
    precondition(loop.isCurrent, "a stream closes on its loop's thread")
    closing = .draining
    let hasUnsent = unsafe !unsent.isEmpty || sending == .trying || sending == .waiting
    guard hasUnsent, sendFailure == 0 else { return endOperations() }
    madeExtras.drainTimer = loop.begin(
      .timer, policy: .completion, timeout: loop.configuration.drainTimeLimit, owner: self)
  }

  /// Closes the stream at once; queued sends are lost, and their senders are told.
  public func abort() {
    guard closing != .closed, closing != .ending else { return }
    precondition(loop.isCurrent, "a stream closes on its loop's thread")
    endOperations()
  }

  /// Asks everything that is with the kernel to end.
  func endOperations() {
    closing = .ending
    if receiving == .armed || receiving == .pausing { loop.end(receiveToken) }
    if let token = directReceive?.token { loop.end(token) }
    if sending == .trying || sending == .waiting { loop.end(sendToken) }
    finishClosingIfDone()
  }

  /// Closes the descriptor once the kernel has nothing of this stream any more: an earlier close
  /// would send no FIN, and its number could be given to another connection.
  func finishClosingIfDone() {
    guard operationCount == 0, closing == .ending else { return }
    closing = .closed
    if sending == .inLine {
      unsafe loop.senders.pointee.remove(self)
      sending = .idle
    }
    failSends(-Errno.canceled.rawValue, cause: loop.isStopping ? .loopStopped : .closed)
    endReceiver(
      ReceiveEnd(
        result: -Errno.canceled.rawValue, cause: loop.isStopping ? .loopStopped : .closed))
    while unsafe !unclaimed.isEmpty {
      let chunk = unsafe unclaimed.removeFirst(from: &loop.core.pointee.chunks)
      releaseEnded(chunk, SendEnd(result: 0, unsentByteCount: 0, cause: .closed))
    }
    endFinishers(SendEnd(result: -Errno.canceled.rawValue, unsentByteCount: 0, cause: .closed))
    if let drainTimer = extras?.drainTimer { loop.end(drainTimer) }
    loop.close(descriptor)
    if descriptor.isDirect { loop.directPlaces.giveBack() }
    loop.registry.remove(self)
    guard let extras else { return }
    unsafe extras.closeWaiters.forEach { unsafe $0.resume() }
    unsafe extras.closeWaiters = []
  }
}
