// SPDX-License-Identifier: Apache-2.0

extension DatagramSocket {
  /// Receives a datagram that has come, or waits for one.
  ///
  /// Under the policy `.completion` the kernel fills a buffer of the loop's pool for each datagram,
  /// without being asked again. A call that finds one returns at once, so a loop of calls takes all
  /// that have come.
  ///
  /// - Parameter timeout: How long to wait; `nil` for as long as it takes.
  /// - Returns: The datagram, which may be empty; `nil` behind the last one after
  ///   ``stopReceiving()``, and of a socket that was bound when its loop drains, which waits for its
  ///   close then.
  /// - Throws: ``SocketError`` with ECONNREFUSED, EHOSTUNREACH, ENETUNREACH that an earlier datagram
  ///   has led to, after which the socket goes on; ETIMEDOUT, ECANCELED, EBUSY while another task
  ///   receives, EBADF after ``close()``; under other policies than `.completion` also EAGAIN.
  ///
  /// The corresponding C functions are `io_uring_prep_recvmsg_multishot` (Linux 6.0) and
  /// `io_uring_prep_recvmsg`.
  public nonisolated(nonsending) func receive(
    timeout: Duration? = nil
  ) async throws(SocketError) -> Datagram? {
    guard loop.isCurrent else {
      return try await loop.isolation.run { _ throws(SocketError) in
        try await self.receiveHere(timeout)
      }
    }
    return try await receiveHere(timeout)
  }

  private nonisolated(nonsending) func receiveHere(
    _ timeout: Duration?
  ) async throws(SocketError) -> Datagram? {
    await letOthersGoOn()
    if loop.hasDeadlines, loop.isPastTaskDeadline {
      await loop.passTurn()
      throw .pastDeadline(.receive, peerAddress)
    }
    let wait: WaitID
    switch try endpoint.receive(timeout: timeout) {
    case .datagram(let datagram): return datagram
    case .end: return nil
    case .wait(let id): wait = id
    }
    await loop.suspend(for: wait)
    guard loop.isCurrent else {
      return try await loop.isolation.run { _ throws(SocketError) in
        try self.finish(self.loop.take(wait))
      }
    }
    return try finish(loop.take(wait))
  }

  private func finish(_ result: WaitResult) throws(SocketError) -> Datagram? {
    switch try endpoint.finishReceive(result) {
    case .datagram(let datagram): return datagram
    default: return nil
    }
  }

  /// Receives a datagram that has come, or waits for one until an instant.
  ///
  /// - Parameter deadline: When the wait ends; if it has passed, datagrams that have come stay.
  /// - Returns: As ``receive(timeout:)``.
  /// - Throws: As ``receive(timeout:)``; ETIMEDOUT with the cause `.timeout` at the deadline.
  ///
  /// The corresponding C functions are `io_uring_prep_recvmsg_multishot` (Linux 6.0) and
  /// `io_uring_prep_recvmsg`.
  public nonisolated(nonsending) func receive(
    until deadline: LoopInstant
  ) async throws(SocketError) -> Datagram? {
    try await receive(timeout: try await timeLeft(until: deadline, .receive))
  }

  /// Wants no more datagrams, ever: a receive that waits, and each later one, returns `nil` behind
  /// those that have come.
  public func stopReceiving() {
    endpoint.stopReceiving()
  }

  /// Runs a body whose waits on the socket's loop end at an instant: one deadline for a whole
  /// exchange (``CompletionLoop/withDeadline(_:_:)``).
  ///
  /// - Parameters:
  ///   - deadline: When the waits end; one that has passed ends each at once.
  ///   - body: Called at once, in the calling task.
  /// - Returns: What the body returns.
  /// - Throws: What the body throws.
  public nonisolated(nonsending) func withDeadline<Value, Failure: Error>(
    _ deadline: LoopInstant,
    _ body: nonisolated(nonsending) () async throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    try await loop.withDeadline(deadline, body)
  }
}
