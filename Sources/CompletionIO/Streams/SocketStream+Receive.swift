internal import SystemPackage
internal import Uring

extension SocketStream {
  /// Starts receiving for a handler; once for each stream, on the loop's thread.
  public func start(_ handler: StreamHandler) {
    precondition(loop.isCurrent, "a stream starts on its loop's thread")
    precondition(self.handler == nil, "a stream has one handler")
    self.handler = handler
    unsafe unretainedHandler = Unmanaged.passUnretained(handler)
    armReceive()
  }

  /// Arms a receive, multishot where the kernel has it, unless there is one or nothing more can come.
  func armReceive() {
    guard receiving == .idle, closing == .open else { return }
    let group = loop.pool.group
    let request: Request =
      loop.forms.receiveMultishot
      ? .receiveMultishot(descriptor, bufferGroup: group)
      : .receive(descriptor, bufferGroup: group)
    let token = loop.begin(request, policy: .completion, owner: self)
    guard let token else { return refuseReceive() }
    receiveToken = token
    receiving = .armed
    operationCount += 1
  }

  /// Without a flight nothing is received now; a task may try again, a handler cannot.
  private func refuseReceive() {
    let result = -Errno.noBufferSpace.rawValue
    if handler != nil {
      endReceiving(result, cause: .tableFull)
    } else {
      endReceiver(ReceiveEnd(result: result, cause: .tableFull))
    }
  }

  /// Asks the armed receive to end, so that no more buffers are taken.
  private func pauseReceive() {
    guard receiving == .armed else { return }
    receiving = .pausing
    loop.end(receiveToken)
  }

  func didReceive(_ outcome: Outcome, lease: consuming BufferLease?) {
    let isLast = !outcome.hasMore
    let wasPausing = receiving == .pausing
    if isLast {
      operationCount -= 1
      if receiving != .ended { receiving = .idle }
    }
    if outcome.result > 0, let chunk = lease.take() {
      take(chunk)
      if isLast { resumeReceive(below: wasPausing ? 2 : 1) }
    } else if isLast, closing == .open {
      // An end that was not confirmed, because the receive was asked to end, comes again.
      let isUnconfirmed = outcome.result == 0 && hasSendUnderWay
      if wasPausing, outcome.isTransient || isUnconfirmed {
        resumeReceive()
      } else {
        endReceiving(outcome.result, cause: .kernel)
      }
    }
    if closing == .ending { finishClosingIfDone() }
  }

  private func take(_ chunk: consuming BufferLease) {
    unsafe loop.core.pointee.statistics.chunksReceived += 1
    unsafe loop.core.pointee.statistics.bytesReceived += UInt64(chunk.byteCount)
    // After a close nobody can ask for them: they go back to the pool.
    guard closing == .open || receiver != nil else { return }
    if let handler = unsafe unretainedHandler {
      var chunk: BufferLease? = chunk
      unsafe handler._withUnsafeGuaranteedRef { $0.tell(self, chunk.take()) }
      if unsafe unsent.byteCount > loop.configuration.unsentByteLimit { pauseReceive() }
    } else if let memory = receiver?.handle?.memory {
      keep(chunk)
      let count = copyFirstUnclaimed(to: memory.address, atMost: memory.byteCount)
      endReceiver(ReceiveEnd(result: Int32(count)))
    } else if receiver != nil {
      let parts = releaseSparingPool(chunk)
      endReceiver(
        ReceiveEnd(
          result: Int32(parts.byteCount), isPooled: parts.isPooled, bufferIndex: parts.index,
          address: parts.address))
    } else {
      keep(chunk)
    }
  }

  /// Takes a lease apart for somebody who may hold it for long.
  ///
  /// When the pool is nearly empty the bytes move to memory of their own, so that a program that
  /// is slow with one connection, or a peer that is, does not stop the others.
  private func releaseSparingPool(
    _ chunk: consuming BufferLease
  ) -> (index: UInt16, address: UInt, byteCount: Int, isPooled: Bool) {
    if loop.isShortOfBuffers {
      let count = chunk.byteCount
      return unsafe (0, copyToHeap(chunk.address, byteCount: count), count, false)
    }
    let parts = chunk.release()
    return (parts.index, parts.address, parts.byteCount, true)
  }

  /// Queues bytes that nobody has asked for yet.
  private func keep(_ chunk: consuming BufferLease) {
    let parts = releaseSparingPool(chunk)
    unsafe unclaimed.append(
      Chunk(
        address: parts.address, byteCount: UInt32(parts.byteCount), bufferIndex: parts.index,
        memory: parts.isPooled ? .pool : .heap, next: -1, base: parts.address, sendID: 0,
        sender: nil),
      to: &loop.core.pointee.chunks)
    if unsafe unclaimed.byteCount > loop.configuration.unclaimedByteLimit { pauseReceive() }
  }

  /// Arms the receive again, if there is room: after a pause when half of it has become free.
  func resumeReceive(below part: Int = 2) {
    guard receiving == .idle else { return }
    let hasRoom =
      unsafe unclaimed.byteCount <= loop.configuration.unclaimedByteLimit / part
      && (handler == nil || unsent.byteCount <= loop.configuration.unsentByteLimit / part)
    if hasRoom { armReceive() }
  }

  func endReceiving(_ result: Int32, cause: SocketError.Cause) {
    let (result, cause) = knowingSends(result, cause)
    receiving = .ended
    endResult = result
    if let handler {
      handler.ended(self, result == 0 ? nil : error(.receive, result, cause: cause))
    } else if receiver != nil {
      endReceiver(ReceiveEnd(result: result, cause: cause))
    }
  }

  /// Resumes the suspended receiver, if there is one.
  func endReceiver(_ end: ReceiveEnd) {
    guard let receiver = receiver else { return }
    self.receiver = nil
    if receiver.hasTimer { loop.end(receiver.timer) }
    unsafe tell(receiver.continuation, end)
  }

  private func tell(_ continuation: UnsafeContinuation<ReceiveEnd, Never>?, _ end: ReceiveEnd) {
    if let continuation = unsafe continuation {
      unsafe continuation.resume(returning: end)
    } else {
      ownersReceiveEnd = end
      resumeOwner()
    }
  }

  /// Takes received bytes that wait, if there are any.
  func claim() -> ReceiveEnd? {
    guard unsafe !unclaimed.isEmpty else {
      // What closing has dropped must not look like a good end.
      return receiving == .ended && closing == .open ? ReceiveEnd(result: endResult) : nil
    }
    var chunk = unsafe unclaimed.removeFirst(from: &loop.core.pointee.chunks)
    resumeReceive()
    if chunk.memory == .heap, chunk.address != chunk.base { unsafe chunk.moveToNewMemory() }
    return ReceiveEnd(
      result: Int32(chunk.byteCount), isPooled: chunk.memory == .pool,
      bufferIndex: chunk.bufferIndex, address: chunk.address)
  }

  /// Waits for received bytes, as a lease or copied to the memory that the handle names.
  func wait(
    timeout: Duration?, handle: ReceiveHandle? = nil,
    resuming continuation: UnsafeContinuation<ReceiveEnd, Never>?
  ) {
    let problem: ReceiveEnd? =
      if isCancelled || handle?.isCancelled == true {
        ReceiveEnd(
          result: -Errno.canceled.rawValue, cause: loop.isStopping ? .loopStopped : .cancellation)
      } else if closing != .open {
        ReceiveEnd(result: -Errno.badFileDescriptor.rawValue, cause: .closed)
      } else {
        nil
      }
    if let end = problem ?? claim() { return unsafe tell(continuation, end) }
    precondition(
      receiver == nil && directReceive == nil, "a connection has one receiver at a time")
    var receiver = unsafe Receiver(continuation: continuation, handle: handle)
    if let timeout {
      let timer = loop.begin(.timer, policy: .completion, timeout: timeout, owner: self)
      guard let timer else {
        return unsafe tell(
          continuation, ReceiveEnd(result: -Errno.noBufferSpace.rawValue, cause: .tableFull))
      }
      receiver.timer = timer
    }
    self.receiver = receiver
    armReceive()
  }

  /// Turns what a receive came to into a lease.
  func lease(of end: ReceiveEnd) -> BufferLease {
    loop.restoreLease(
      end.bufferIndex, isPooled: end.isPooled, address: end.address, byteCount: Int(end.result))
  }

  func error(
    _ operation: SocketOperation, _ result: Int32, cause: SocketError.Cause = .kernel,
    attempts: Int = 1, byteCount: Int = 0
  ) -> SocketError {
    let errno: Errno =
      switch cause {
      case .loopStopped: .socketShutdown
      case .closed: .badFileDescriptor
      default: Errno(rawValue: -result)
      }
    return SocketError(
      operation, errno, cause: cause, peer: try? peerAddress(), attempts: attempts,
      byteCount: byteCount)
  }
}

extension Outcome {
  /// Whether the operation ended because it was asked to: EINTR is what a worker thread of the
  /// kernel says that the cancel found waiting (io_wq_cancel_cb).
  var wasCancelled: Bool {
    result == -Errno.canceled.rawValue || result == -Errno.interrupted.rawValue
  }

  /// Whether the answer says nothing about the socket: what an operation that was asked to end may
  /// end with instead of ECANCELED.
  var isTransient: Bool {
    switch Errno(rawValue: -result) {
    case .canceled, .noBufferSpace, .noMemory, .interrupted, .resourceTemporarilyUnavailable: true
    default: false
    }
  }
}
