// SPDX-License-Identifier: Apache-2.0

public import Uring

extension StreamConnection {
  /// Receives what has come, or waits for it.
  ///
  /// Under the policy `.completion` the kernel fills a buffer of the loop's pool and is told in
  /// advance where the next bytes may go, so that nothing is polled. Under the others each call is
  /// one request.
  ///
  /// - Parameter timeout: How long to wait; `nil` for as long as it takes.
  /// - Returns: At least one byte; the buffer returns to the pool when the lease ends. `nil` at the
  ///   end of the stream.
  /// - Throws: ``SocketError`` with ECONNRESET, ETIMEDOUT (the peer, or the deadline: see
  ///   ``SocketError/cause-swift.property``), ECANCELED, EBUSY while another task receives, EBADF
  ///   after ``close(lingering:)``; under other policies than `.completion` also EAGAIN.
  ///
  /// The corresponding C functions are `io_uring_prep_recv_multishot` (Linux 6.0) and
  /// `io_uring_prep_recv`.
  public nonisolated(nonsending) func receive(
    timeout: Duration? = nil
  ) async throws(SocketError) -> BufferLease? {
    guard stream.loop.isCurrent else { return try await receiveElsewhere(timeout) }
    if mustLetOthersGoOn { await letOthersGoOn() }
    if stream.loop.hasDeadlines, isPastDeadline() { throw await refuseToReceive() }
    let isOwner = isOwnersTask
    let wait: WaitID
    switch try stream.receive(into: nil, timeout: timeout, isOwner: isOwner) {
    case .bytes(let lease): return lease
    case .wait(let id): wait = id
    default: return nil
    }
    // Written out here, because each async call costs memory of the task's small stack.
    if isOwner {
      if mayPark(until: wait) { await stream.loop.parking.park() }
    } else {
      await stream.loop.suspend(for: wait)
    }
    guard stream.loop.isCurrent else { return try await finishElsewhere(wait) }
    return try stream.finishReceive(takeOwn(wait), into: nil).lease()
  }

  @inline(never)
  private nonisolated(nonsending) func receiveElsewhere(
    _ timeout: Duration?
  ) async throws(SocketError) -> BufferLease? {
    try await stream.loop.isolation.run { _ throws(SocketError) in
      try await self.receive(timeout: timeout)
    }
  }

  /// Takes what a receive came to, for a task that has gone on elsewhere.
  @inline(never)
  private nonisolated(nonsending) func finishElsewhere(
    _ wait: WaitID
  ) async throws(SocketError) -> BufferLease? {
    try await stream.loop.isolation.run { _ throws(SocketError) in
      try self.stream.finishReceive(self.takeOwn(wait), into: nil).lease()
    }
  }

  /// Receives into the caller's memory.
  ///
  /// The kernel writes straight to the span, unless bytes already wait in a buffer of the pool
  /// because ``receive(timeout:)`` was used before; then they are copied.
  ///
  /// - Parameters:
  ///   - bytes: The kernel's until the call returns; filled from its start.
  ///   - timeout: How long to wait; `nil` for as long as it takes.
  /// - Returns: How many bytes were received, at least 1, or 0 for an empty span; `nil` at the end of
  ///   the stream.
  /// - Throws: As ``receive(timeout:)``.
  ///
  /// The corresponding C function is `io_uring_prep_recv` (Linux 5.6).
  public nonisolated(nonsending) func receive(
    into bytes: inout MutableRawSpan, timeout: Duration? = nil
  ) async throws(SocketError) -> Int? {
    guard bytes.byteCount > 0 else {
      await Task.yield()
      return 0
    }
    let memory = OutputMemory(&bytes)
    guard stream.loop.isCurrent else {
      return try await stream.loop.isolation.run { _ throws(SocketError) in
        try await self.receive(into: memory, timeout)
      }
    }
    if mustLetOthersGoOn { await letOthersGoOn() }
    return try await receive(into: memory, timeout)
  }

  private nonisolated(nonsending) func receive(
    into memory: OutputMemory, _ timeout: Duration?
  ) async throws(SocketError) -> Int? {
    if stream.loop.hasDeadlines, isPastDeadline() { throw await refuseToReceive() }
    let isOwner = isOwnersTask
    let wait: WaitID
    switch try stream.receive(into: memory, timeout: timeout, isOwner: isOwner) {
    case .count(let count): return count
    case .wait(let id): wait = id
    default: return nil
    }
    let result = await result(of: wait, isOwner: isOwner)
    switch try stream.finishReceive(result, into: memory) {
    case .count(let count): return count
    default: return nil
    }
  }

  /// Wants no more bytes, ever: a receive that waits, and each later one, returns the end of the
  /// stream behind the bytes that have come.
  public func stopReceiving() {
    stream.stopReceiving()
  }
}
