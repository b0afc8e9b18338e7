// SPDX-License-Identifier: Apache-2.0

// Bytes that are queued without a wait, by any task or thread.
extension StreamConnection {
  /// Queues a copy of bytes to be sent and returns at once.
  ///
  /// May be called on any thread, in a task or not; calls of one caller go out in their order.
  /// Nothing limits what is queued: ``waitForRoom(timeout:)`` lets a caller be no faster than its
  /// peer. Should the bytes not get out, the next operation on the connection throws, as
  /// ``flush(timeout:)`` does.
  ///
  /// - Parameter bytes: Copied before the call returns.
  ///
  /// The corresponding C function is `io_uring_prep_send` (Linux 5.6).
  public func enqueue(copying bytes: RawSpan) {
    guard !bytes.isEmpty else { return }
    stream.enqueue(copying: bytes)
  }

  /// Queues a copy of an array's bytes to be sent and returns at once.
  ///
  /// - Parameter bytes: Copied before the call returns.
  ///
  /// The corresponding C function is `io_uring_prep_send` (Linux 5.6).
  public func enqueue(copying bytes: [UInt8]) {
    unsafe enqueue(copying: bytes.span.bytes)
  }

  /// Bytes queued for sending that the kernel has not taken.
  public nonisolated(nonsending) var unsentByteCount: Int {
    get async {
      if stream.loop.isCurrent { return stream.unsentByteCount }
      return await stream.loop.isolation.run { _ in self.stream.unsentByteCount }
    }
  }

  /// Returns when everything that is queued now is out.
  ///
  /// - Parameter timeout: How long to wait; `nil` for as long as it takes.
  /// - Throws: ``SocketError`` as a send does, if bytes that were queued did not get out; with
  ///   ETIMEDOUT or ECANCELED if the wait has ended before. What is queued goes out all the same
  ///   then.
  public nonisolated(nonsending) func flush(timeout: Duration? = nil) async throws(SocketError) {
    guard stream.loop.isCurrent else {
      return try await stream.loop.isolation.run { _ throws(SocketError) in
        try await self.flush(timeout: timeout)
      }
    }
    if mustLetOthersGoOn { await letOthersGoOn() }
    let isOwner = isOwnersTask
    guard let wait = try stream.flush(timeout: timeout, isOwner: isOwner) else { return }
    try check(await result(of: wait, isOwner: isOwner))
  }

  /// Returns when a caller may queue more: at once if no more bytes are unsent than the high-water
  /// mark, else when no more are left than the low-water mark.
  ///
  /// - Parameter timeout: How long to wait; `nil` for as long as it takes.
  /// - Throws: As ``flush(timeout:)``.
  public nonisolated(nonsending) func waitForRoom(
    timeout: Duration? = nil
  ) async throws(SocketError) {
    guard stream.loop.isCurrent else {
      return try await stream.loop.isolation.run { _ throws(SocketError) in
        try await self.waitForRoom(timeout: timeout)
      }
    }
    if mustLetOthersGoOn { await letOthersGoOn() }
    let isOwner = isOwnersTask
    guard let wait = try stream.waitForRoom(timeout: timeout, isOwner: isOwner) else { return }
    try check(await result(of: wait, isOwner: isOwner))
  }

  /// Sets the marks of unsent bytes between which ``waitForRoom(timeout:)`` waits; at first
  /// ``LoopConfiguration/unsentByteLimit`` and half of it.
  ///
  /// - Parameters:
  ///   - low: In bytes; when no more are left, callers that wait go on.
  ///   - high: In bytes; above it callers wait.
  public func setUnsentMarks(low: Int, high: Int) {
    stream.setUnsentMarks(low: low, high: high)
  }
}
