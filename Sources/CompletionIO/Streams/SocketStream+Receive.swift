internal import SystemPackage
internal import Uring

/// A suspended receiver.
@safe
struct Receiver {
  var continuation: UnsafeContinuation<ReceiveEnd, Never>
  /// Its deadline.
  var timer: Token?
  /// Where it wants the bytes; `nil` for a lease.
  var memory: (address: UInt, byteCount: Int)?
  /// Names it for its task's cancellation.
  var handle: ReceiveHandle?
}

/// How a receive ended: bytes, the end of the stream, or an error.
struct ReceiveEnd: Sendable {
  /// A byte count, 0 at the end of the stream, or a negated errno.
  var result: Int32
  var cause = SocketError.Cause.kernel
  var attempts = 1
  /// The parts of a lease, if there are bytes.
  var bufferIndex: UInt16 = 0
  var isPooled = false
  var address: UInt = 0
}

extension SocketStream {
  /// Starts receiving for a handler; once for each stream, on the loop's thread.
  public func start(_ handler: StreamHandler) {
    precondition(loop.isCurrent, "a stream starts on its loop's thread")
    precondition(self.handler == nil, "a stream has one handler")
    self.handler = handler
    armReceive()
  }

  /// Arms a multishot receive unless there is one or nothing more can come.
  func armReceive() {
    guard receiving == .idle, closing == .open else { return }
    let token = loop.begin(
      .receiveMultishot(descriptor, bufferGroup: loop.pool.group),
      policy: .completion, owner: self)
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
      if isLast { resumeReceive() }
    } else if isLast, closing == .open {
      if wasPausing, outcome.isTransient {
        resumeReceive()
      } else {
        // A stream whose queued bytes were lost is over for its handler, too.
        let isOurs = outcome.wasCancelled && sendFailure != 0
        endReceiving(isOurs ? sendFailure : outcome.result, cause: isOurs ? .tableFull : .kernel)
      }
    }
    if closing == .ending { finishClosingIfDone() }
  }

  private func take(_ chunk: consuming BufferLease) {
    unsafe loop.core.pointee.statistics.chunksReceived += 1
    unsafe loop.core.pointee.statistics.bytesReceived += UInt64(chunk.byteCount)
    // After a close nobody can ask for them: they go back to the pool.
    guard closing == .open || receiver != nil else { return }
    if let handler {
      handler.received(self, chunk)
      if unsafe unsent.byteCount > loop.configuration.unsentByteLimit { pauseReceive() }
    } else if let memory = receiver?.memory {
      keep(chunk)
      let count = copyFirstUnclaimed(to: memory.address, atMost: memory.byteCount)
      endReceiver(ReceiveEnd(result: Int32(count)))
    } else if receiver != nil {
      let parts = releaseSparingPool(chunk)
      endReceiver(
        ReceiveEnd(
          result: Int32(parts.byteCount), bufferIndex: parts.index, isPooled: parts.isPooled,
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
    if loop.pool.availableCount * 4 < loop.pool.capacity {
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

  /// Arms the receive again after a pause, if there is room.
  func resumeReceive() {
    guard receiving == .idle else { return }
    let hasRoom =
      unsafe unclaimed.byteCount <= loop.configuration.unclaimedByteLimit / 2
      && (handler == nil || unsent.byteCount <= loop.configuration.unsentByteLimit / 2)
    if hasRoom { armReceive() }
  }

  func endReceiving(_ result: Int32, cause: SocketError.Cause) {
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
    if let timer = receiver.timer { loop.end(timer) }
    unsafe receiver.continuation.resume(returning: end)
  }

  /// Takes received bytes that wait, if there are any.
  func claim() -> ReceiveEnd? {
    guard unsafe !unclaimed.isEmpty else {
      return receiving == .ended ? ReceiveEnd(result: endResult) : nil
    }
    var chunk = unsafe unclaimed.removeFirst(from: &loop.core.pointee.chunks)
    resumeReceive()
    if chunk.memory == .heap, chunk.address != chunk.base { unsafe chunk.moveToNewMemory() }
    return ReceiveEnd(
      result: Int32(chunk.byteCount), bufferIndex: chunk.bufferIndex,
      isPooled: chunk.memory == .pool, address: chunk.address)
  }

  /// Waits for received bytes, as a lease or copied to memory of the receiver's.
  func wait(
    timeout: Duration?, into memory: (address: UInt, byteCount: Int)? = nil,
    handle: ReceiveHandle? = nil, resuming continuation: UnsafeContinuation<ReceiveEnd, Never>
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
    if let end = problem ?? claim() { return unsafe continuation.resume(returning: end) }
    precondition(
      receiver == nil && directReceive == nil, "a connection has one receiver at a time")
    var timer: Token?
    if let timeout {
      timer = loop.begin(.timer, policy: .completion, timeout: timeout, owner: self)
      guard timer != nil else {
        return unsafe continuation.resume(
          returning: ReceiveEnd(result: -Errno.noBufferSpace.rawValue, cause: .tableFull))
      }
    }
    receiver = unsafe Receiver(
      continuation: continuation, timer: timer, memory: memory, handle: handle)
    armReceive()
  }

  /// Turns what a receive came to into a lease.
  func lease(of end: ReceiveEnd) -> BufferLease {
    BufferLease(
      restoring: end.isPooled ? loop.pool : nil, index: end.bufferIndex, address: end.address,
      byteCount: Int(end.result))
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
    switch error {
    case .canceled, .noBufferSpace, .interrupted, .resourceTemporarilyUnavailable: true
    default: false
    }
  }
}
