// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

// Calls of tasks, on the loop's thread: each call does its work at once, or opens a wait.
extension SocketStream {
  /// The first result of an operation, or the wait for it.
  enum Receipt: ~Copyable {
    case bytes(BufferLease)
    case count(Int)
    case endOfStream
    case wait(WaitID)

    /// The bytes; `nil` at the end of the stream.
    @inline(__always)
    consuming func lease() -> BufferLease? {
      switch consume self {
      case .bytes(let lease): lease
      default: nil
      }
    }
  }

  /// Takes what has come, or waits for it.
  ///
  /// - Parameters:
  ///   - memory: Where the bytes are to be copied; `nil` for a lease.
  ///   - timeout: How long to wait.
  ///   - isOwner: Whether the stream's own task asks.
  /// - Returns: What has come, or the wait for it.
  /// - Throws: ``SocketError`` when the stream is closed, another task receives, or the receiving
  ///   half has failed.
  @inline(__always)
  func receive(
    into memory: OutputMemory?, timeout: Duration?, isOwner: Bool
  ) throws(SocketError) -> Receipt {
    if isOwnerCancelled || closing != .open || receiving.hasReceiver,
      let refusal = receiveRefusal(isOwner)
    {
      throw refused(.receive, refusal)
    }
    if !receiving.isEmpty || receiving.hasEnded {
      atOnceCount &+= 1
      return try takeReceived(into: memory)
    }
    let wait = loop.openWait(for: self, timeout: timeout)
    atOnceCount = 0
    receiving.receiver = ReceiveHalf.Receiver(wait: wait)
    if let memory, receiving.isIdle, !receiving.isPaused {
      read(memory.receive(from: descriptor))
    } else if receiving.isIdle {
      perform(receiveEvent(.wanted))
    }
    return .wait(wait)
  }

  /// The error of a call that is refused at once; a task that goes on asking lets others go on too.
  func refused(_ operation: SocketOperation, _ failure: StreamFailure) -> SocketError {
    atOnceCount &+= 1
    return error(operation, failure)
  }

  @inline(never)
  func receiveRefusal(_ isOwner: Bool) -> StreamFailure? {
    if isOwner, isOwnerCancelled { return StreamFailure(cancellation) }
    if closing != .open { return .closed }
    return receiving.hasReceiver ? .busy : nil
  }

  /// Has the kernel receive straight into a task's memory.
  func read(_ request: Request) {
    let policy = policy
    var request = request
    if policy.asksNotToWait { request.askNotToWait() }
    guard let token = loop.begin(request, policy: policy, owner: self) else {
      return perform(receiveEvent(.refused))
    }
    began(token, .reading)
  }

  /// Takes the result of a receive's wait that is over.
  ///
  /// Bytes that came at the last moment have come, whatever the wait ended with.
  @inline(__always)
  func finishReceive(
    _ result: WaitResult, into memory: OutputMemory?
  ) throws(SocketError) -> Receipt {
    receiving.receiver = nil
    if let failure = result.failure { throw error(.receive, failure) }
    if result.byteCount > 0 { return .count(result.byteCount) }
    guard closing == .open else { throw error(.receive, .closed) }
    return try takeReceived(into: memory)
  }

  @inline(__always)
  func takeReceived(into memory: OutputMemory?) throws(SocketError) -> Receipt {
    guard receiving.isEmpty else {
      defer { if receiving.isIdle { resumeReceiving(afterPause: true) } }
      if let memory { return .count(receiving.copyFirst(to: memory, loop.receiveQueues)) }
      return .bytes(receiving.takeFirst(loop.receiveQueues))
    }
    return try receivedEnd()
  }

  private func receivedEnd() throws(SocketError) -> Receipt {
    switch receiving.end {
    case .failed(let failure): throw error(.receive, failure)
    case .endOfStream: return .endOfStream
    case nil: preconditionFailure("a receive was told of bytes that nobody has")
    }
  }

  /// Tells the task whose memory a receive has written to.
  func finishReading(byteCount: Int) {
    guard let receiver = receiving.receiver else { return }
    loop.finish(receiver.wait, WaitResult(byteCount: byteCount))
  }

  /// Tells the task whose receive the kernel has given back without bytes.
  func failReading() {
    guard let receiver = receiving.receiver else { return }
    fail(receiver.wait, receiver.earlyEnd.map { StreamFailure($0) } ?? .closed)
  }

  // MARK: Sending

  /// Queues a borrowed piece and opens a wait for its last byte.
  func send(
    _ bytes: InputMemory, timeout: Duration?, isOwner: Bool
  ) throws(SocketError) -> WaitID {
    try checkSending(isOwner)
    let wait = loop.openWait(for: self, timeout: timeout)
    atOnceCount = 0
    queue(SendPiece(borrowing: bytes.address, byteCount: bytes.byteCount, wait: wait))
    return wait
  }

  /// Queues a lease, and opens a wait for its last byte where too much is queued already.
  func enqueue(
    _ lease: consuming BufferLease, timeout: Duration?, isOwner: Bool
  ) throws(SocketError) -> WaitID? {
    if hasRoom(for: lease.byteCount) {
      try enqueueAtOnce(lease, isOwner: isOwner)
      return nil
    }
    try checkSending(isOwner)
    let wait = loop.openWait(for: self, timeout: timeout)
    atOnceCount = 0
    queue(SendPiece(lease, home: loop.homePools, recipient: .wait(wait)))
    return wait
  }

  /// Queues a lease for which there is room.
  func enqueueAtOnce(_ lease: consuming BufferLease, isOwner: Bool) throws(SocketError) {
    try checkSending(isOwner)
    atOnceCount &+= 1
    queue(SendPiece(lease, home: loop.homePools, recipient: .nobody))
  }

  /// Whether so many bytes may be queued without a wait.
  @inline(__always)
  func hasRoom(for byteCount: Int) -> Bool {
    sending.byteCount + byteCount <= loop.configuration.unsentByteLimit
  }

  /// Throws if nothing can be queued, or nothing by the stream's own task.
  @inline(__always)
  func checkSending(_ isOwner: Bool) throws(SocketError) {
    if isOwnerCancelled || !takesSends, let refusal = sendRefusal(isOwner) {
      throw refused(.send, refusal)
    }
  }

  @inline(never)
  private func sendRefusal(_ isOwner: Bool) -> StreamFailure? {
    isOwner && isOwnerCancelled ? StreamFailure(cancellation) : sendRefusal
  }

  /// Why the waits of the stream's own task end, once the task is cancelled.
  var cancellation: WaitEnd { loop.isStopping ? .loopStopped : .cancelled }

  /// Asks for the end of the sending half and opens a wait for it.
  func finishSending(isOwner: Bool) throws(SocketError) -> WaitID {
    if isOwner, isOwnerCancelled {
      throw refused(.shutdown, StreamFailure(cancellation))
    }
    guard closing == .open else { throw refused(.shutdown, .closed) }
    let wait = loop.openWait(for: self, timeout: nil)
    madeExtras.finishers.append(wait)
    requestFinish()
    return wait
  }

  /// Closes and opens a wait for the end of that; `nil` if the descriptor is free already.
  func close(lingering: LingerLimit?) -> WaitID? {
    guard closing != .closed else { return nil }
    let wait = loop.openWait(for: self, timeout: nil)
    madeExtras.closers.append(wait)
    close(lingering: lingering) as Void
    return wait
  }

  // MARK: Early ends

  func endEarly(_ wait: WaitID, because cause: WaitEnd) {
    if extras?.closeDeadline == wait { return stopOperations() }
    if extras?.readDeadline == wait { return readDeadlineHasPassed() }
    if extras?.watch?.wait == wait { return lookForIdleness(cause) }
    if receiving.receiver?.wait == wait { return cancelReceive(because: cause) }
    if let index = extras?.finishers.firstIndex(of: wait) {
      extras?.finishers.remove(at: index)
      return fail(wait, StreamFailure(cause))
    }
    if removeRoomWaiter(wait) || sending.removeFlush(wait, loop.sendQueues) {
      return fail(wait, StreamFailure(cause))
    }
    // A wait for the end of closing ends with it and not before: the kernel's last word is awaited.
    guard sending.mark(wait, cause) else { return }
    perform(sendEvent(.cancelRequested))
  }

  func cancelReceive(because cause: WaitEnd) {
    guard receiving.state == .reading, let receiver = receiving.receiver else {
      if let wait = receiving.receiver?.wait { fail(wait, StreamFailure(cause)) }
      return
    }
    // The memory is the kernel's until its last word.
    receiving.receiver?.earlyEnd = receiver.earlyEnd ?? cause
    loop.core.cancel(receiving.token)
  }
}
