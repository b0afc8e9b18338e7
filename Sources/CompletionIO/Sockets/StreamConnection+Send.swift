// SPDX-License-Identifier: Apache-2.0

public import Uring

extension StreamConnection {
  /// Sends bytes, all of them, and returns when the kernel has taken the last one.
  ///
  /// The kernel reads the caller's memory; nothing is copied. That is safe because an async
  /// function cannot be left half-way: this one returns, or throws, only after the kernel's final
  /// completion.
  ///
  /// After a send that was cut short, the next send of any task begins right behind the last byte
  /// that went out: send the rest, or close.
  ///
  /// - Parameters:
  ///   - bytes: Borrowed until the call returns.
  ///   - timeout: How long it may take; `nil` for as long as it takes.
  /// - Throws: ``SocketError`` with EPIPE, ECONNRESET, ETIMEDOUT, ECANCELED, EBADF after
  ///   ``close(lingering:)``; under other policies than `.completion` also EAGAIN.
  ///   ``SocketError/byteCount`` says exactly how many bytes went out.
  ///
  /// The corresponding C function is `io_uring_prep_send` (Linux 5.6).
  public nonisolated(nonsending) func send(
    _ bytes: RawSpan, timeout: Duration? = nil
  ) async throws(SocketError) {
    guard !bytes.isEmpty else { return await Task.yield() }
    let memory = InputMemory(bytes)
    guard stream.loop.isCurrent else { return try await sendElsewhere(memory, timeout) }
    if mustLetOthersGoOn { await letOthersGoOn() }
    let isOwner = isOwnersTask
    let wait = try stream.send(memory, timeout: timeout, isOwner: isOwner)
    // Written out here, because each async call costs memory of the task's small stack.
    if isOwner {
      if mayPark(until: wait) { await stream.loop.parking.park() }
    } else {
      await stream.loop.suspend(for: wait)
    }
    guard stream.loop.isCurrent else { return try await finishSendElsewhere(wait) }
    try check(takeOwn(wait))
  }

  @inline(never)
  private nonisolated(nonsending) func sendElsewhere(
    _ bytes: InputMemory, _ timeout: Duration?
  ) async throws(SocketError) {
    try await stream.loop.isolation.run { _ throws(SocketError) in
      let wait = try self.stream.send(bytes, timeout: timeout, isOwner: false)
      try self.check(await self.result(of: wait, isOwner: false))
    }
  }

  /// Takes what a send came to, for a task that has gone on elsewhere.
  @inline(never)
  private nonisolated(nonsending) func finishSendElsewhere(
    _ wait: WaitID
  ) async throws(SocketError) {
    try await stream.loop.isolation.run { _ throws(SocketError) in
      try self.check(self.takeOwn(wait))
    }
  }

  @inline(__always)
  func check(_ result: WaitResult) throws(SocketError) {
    guard let failure = result.failure else { return }
    throw stream.error(.send, failure, byteCount: result.byteCount)
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

  /// Queues received bytes to be sent and returns at once.
  ///
  /// Waits until these bytes are out when more than ``LoopConfiguration/unsentByteLimit`` would be
  /// queued. Should queued bytes not get out, the next operation on the connection throws.
  ///
  /// - Parameters:
  ///   - lease: The bytes; the buffer returns to the pool when they are out.
  ///   - timeout: How long to wait while too much is queued.
  /// - Throws: As the send of a `RawSpan`, for these bytes or earlier ones.
  ///
  /// The corresponding C function is `io_uring_prep_send` (Linux 5.6).
  @inlinable
  @inline(__always)
  public nonisolated(nonsending) func enqueue(
    _ lease: consuming BufferLease, timeout: Duration? = nil
  ) async throws(SocketError) {
    // Nearly always there is room, and then the caller is spared an async call.
    if let lease = try enqueueAtOnce(lease) { try await enqueueOnceThereIsRoom(lease, timeout) }
  }

  /// Queues bytes if that takes no wait.
  ///
  /// - Returns: The bytes, if it takes one.
  @usableFromInline
  func enqueueAtOnce(_ lease: consuming BufferLease) throws(SocketError) -> BufferLease? {
    guard stream.loop.isCurrent, !mustLetOthersGoOn, lease.byteCount > 0,
      stream.hasRoom(for: lease.byteCount)
    else { return lease }
    try stream.enqueueAtOnce(lease, isOwner: isOwnersTask)
    return nil
  }

  @usableFromInline
  nonisolated(nonsending) func enqueueOnceThereIsRoom(
    _ lease: consuming BufferLease, _ timeout: Duration?
  ) async throws(SocketError) {
    guard lease.byteCount > 0 else { return await Task.yield() }
    guard stream.loop.isCurrent else { return try await enqueueElsewhere(lease, timeout) }
    if mustLetOthersGoOn { await letOthersGoOn() }
    let isOwner = isOwnersTask
    guard let wait = try stream.enqueue(lease, timeout: timeout, isOwner: isOwner) else { return }
    try check(await result(of: wait, isOwner: isOwner))
  }

  private nonisolated(nonsending) func enqueueElsewhere(
    _ lease: consuming BufferLease, _ timeout: Duration?
  ) async throws(SocketError) {
    let box = LeaseBox(lease)
    try await stream.loop.isolation.run { _ throws(SocketError) in
      if let lease = box.take() { try await self.enqueue(lease, timeout: timeout) }
    }
  }
}
