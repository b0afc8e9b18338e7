internal import SystemPackage
public import Uring

extension TCPConnection {
  /// Sends bytes, all of them, and returns when the kernel has taken the last one.
  ///
  /// The kernel reads the caller's memory; nothing is copied. That is safe because an async
  /// function cannot be left half-way: this one returns, or throws, only after the kernel's final
  /// completion.
  ///
  /// - Parameters:
  ///   - bytes: Borrowed until the call returns.
  ///   - timeout: How long it may take; `nil` for as long as it takes.
  /// - Throws: ``SocketError`` with EPIPE, ECONNRESET, ETIMEDOUT, ECANCELED, EBADF after
  ///   ``close()``; under other policies than `.completion` also EAGAIN.
  ///   ``SocketError/byteCount`` says exactly how many bytes went out.
  ///
  /// The corresponding C function is `io_uring_prep_send` (Linux 5.6).
  public nonisolated(nonsending) func send(
    _ bytes: RawSpan, timeout: Duration? = nil
  ) async throws(SocketError) {
    guard !bytes.isEmpty else { return }
    guard bytes.byteCount <= Chunk.byteCountLimit, stream.loop.isCurrent, isOwnersTask else {
      return try await sendInPieces(bytes, timeout)
    }
    // Written out here, because each async call costs memory of the task's small stack.
    var chunk = unsafe Chunk(borrowing: bytes)
    chunk.isOwners = true
    if Task.isCancelled { stream.cancelWaits() }
    unsafe stream.queue(chunk, sender: nil, timeout: timeout, handle: nil)
    if stream.ownersSendEnd == nil {
      stream.loop.parking.prepare(stream)
      await stream.loop.parking.park()
    }
    guard let end = stream.ownersSendEnd.take() else {
      preconditionFailure("a task went on before its send had ended")
    }
    try check(end, byteCount: bytes.byteCount)
  }

  private func check(_ end: SendEnd, byteCount: Int) throws(SocketError) {
    guard end.result != 0 else { return }
    throw stream.error(
      .send, end.result, cause: end.cause, attempts: Int(end.attempts),
      byteCount: byteCount - Int(end.unsentByteCount))
  }

  /// Sends on behalf of a task that runs elsewhere, or more than one completion can count.
  private nonisolated(nonsending) func sendInPieces(
    _ bytes: RawSpan, _ timeout: Duration?
  ) async throws(SocketError) {
    var offset = 0
    while offset < bytes.byteCount {
      let count = min(bytes.byteCount - offset, Chunk.byteCountLimit)
      let piece = unsafe Chunk(borrowing: bytes.extracting(offset..<(offset + count)))
      let end = await suspendForSend(piece, timeout)
      try check(end, byteCount: offset + count)
      offset += count
    }
  }

  /// Sends the bytes of an array, all of them.
  ///
  /// - Parameters:
  ///   - bytes: Not copied.
  ///   - timeout: How long it may take; `nil` for as long as it takes.
  /// - Throws: As the send of a `RawSpan`.
  ///
  /// The corresponding C function is `io_uring_prep_send` (Linux 5.6).
  public nonisolated(nonsending) func send(
    _ bytes: [UInt8], timeout: Duration? = nil
  ) async throws(SocketError) {
    unsafe try await send(bytes.span.bytes, timeout: timeout)
  }

  /// Sends received bytes and returns as soon as they are queued.
  ///
  /// Waits until these bytes are out when more than ``LoopConfiguration/unsentByteLimit`` would be
  /// queued, or when called off the connection's loop. Should queued bytes not get out, the next
  /// operation on the connection throws.
  ///
  /// - Parameters:
  ///   - lease: The bytes; the buffer returns to the pool when they are out.
  ///   - timeout: How long to wait while too much is queued.
  /// - Throws: As ``send(_:timeout:)``, for these bytes or earlier ones.
  ///
  /// The corresponding C function is `io_uring_prep_send` (Linux 5.6).
  public nonisolated(nonsending) func send(
    _ lease: consuming BufferLease, timeout: Duration? = nil
  ) async throws(SocketError) {
    guard lease.byteCount > 0 else { return }
    if stream.loop.isCurrent, stream.canSend,
      stream.unsentByteCount + lease.byteCount <= stream.loop.configuration.unsentByteLimit
    {
      return unsafe stream.enqueue(lease, sendID: 0, sender: nil)
    }
    try await sendOnceThereIsRoom(lease, timeout)
  }

  /// Apart, because what a frame holds every task that sends has to have room for.
  @inline(never)
  private nonisolated(nonsending) func sendOnceThereIsRoom(
    _ lease: consuming BufferLease, _ timeout: Duration?
  ) async throws(SocketError) {
    let byteCount = lease.byteCount
    let end = await suspendForSend(Chunk(owning: lease, home: stream.loop.poolIdentity), timeout)
    try check(end, byteCount: byteCount)
  }

  private nonisolated(nonsending) func suspendForSend(
    _ chunk: Chunk, _ timeout: Duration?
  ) async -> SendEnd {
    let handle = SendHandle()
    return await withTaskCancellationHandler {
      unsafe await withUnsafeContinuation { continuation in
        stream.loop.perform { [stream] in
          unsafe stream.queue(chunk, sender: continuation, timeout: timeout, handle: handle)
        }
      }
    } onCancel: {
      stream.loop.perform { [stream] in stream.cancel(handle) }
    }
  }
}

/// Lets a task's cancellation name a send that another thread is about to queue.
final class SendHandle: @unchecked Sendable {
  // Unchecked: used on the loop's thread only.
  var sendID: UInt32 = 0
  var isCancelled = false
}

extension SocketStream {
  /// Queues a chunk whose sender waits.
  func queue(
    _ chunk: Chunk, sender: UnsafeContinuation<SendEnd, Never>?, timeout: Duration?,
    handle: SendHandle?
  ) {
    var chunk = chunk
    unsafe chunk.sender = unsafe sender
    let problem: (Errno, SocketError.Cause)? =
      if isCancelled || handle?.isCancelled == true {
        (.canceled, loop.isStopping ? .loopStopped : .cancellation)
      } else if closing != .open {
        (.badFileDescriptor, .closed)
      } else if sendFailure != 0 {
        (Errno(rawValue: -sendFailure), .kernel)
      } else {
        nil
      }
    if let (errno, cause) = problem {
      return releaseEnded(
        chunk,
        SendEnd(result: -errno.rawValue, unsentByteCount: chunk.byteCount, cause: cause))
    }
    chunk.sendID = nextSendID()
    handle?.sendID = chunk.sendID
    if let timeout {
      let timer = loop.begin(
        .timer, policy: .completion, timeout: timeout, owner: self)
      guard let timer else {
        return releaseEnded(
          chunk,
          SendEnd(
            result: -Errno.noBufferSpace.rawValue, unsentByteCount: chunk.byteCount,
            cause: .tableFull))
      }
      endingSends.append(
        EndingSend(sendID: chunk.sendID, cause: .timeout, timer: timer))
    }
    enqueue(chunk)
  }

  func cancel(_ handle: SendHandle) {
    handle.isCancelled = true
    if handle.sendID != 0, holdsSend(handle.sendID) {
      endSend(handle.sendID, cause: .cancellation)
    }
  }

  private func holdsSend(_ sendID: UInt32) -> Bool {
    var index = unsafe unsent.head
    while index >= 0 {
      let chunk = unsafe loop.core.pointee.chunks[index]
      if chunk.sendID == sendID { return true }
      index = chunk.next
    }
    return false
  }
}

extension Chunk {
  /// Bytes that one completion can count, and a round number.
  static var byteCountLimit: Int { 1 << 30 }

  /// Refers to memory that stays in place until the chunk's sender is resumed.
  @unsafe
  init(borrowing bytes: RawSpan) {
    let address = unsafe bytes.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
    unsafe self.init(
      address: address, byteCount: UInt32(bytes.byteCount), bufferIndex: 0, memory: .borrowed,
      next: -1, base: 0, sendID: 0, sender: nil)
  }

  /// Takes over a lease; one of another loop's pool is copied, because a stream gives buffers back
  /// to its own loop's.
  init(owning lease: consuming BufferLease, home: UInt) {
    let isPooled = lease.poolIdentity != 0
    if isPooled, lease.poolIdentity != home {
      let byteCount = lease.byteCount
      let copy = unsafe copyToHeap(lease.address, byteCount: byteCount)
      unsafe self.init(
        address: copy, byteCount: UInt32(byteCount), bufferIndex: 0, memory: .heap, next: -1,
        base: copy, sendID: 0, sender: nil)
      return
    }
    let parts = lease.release()
    unsafe self.init(
      address: parts.address, byteCount: UInt32(parts.byteCount), bufferIndex: parts.index,
      memory: isPooled ? .pool : .heap, next: -1, base: parts.address, sendID: 0, sender: nil)
  }
}
