// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
public import Uring

// The calls that wait, with an instant in place of a time: for several of them in a row that must
// be done by then. A deadline that has passed ends each at once, before anything is handed over.
extension StreamConnection {
  /// Receives what has come, or waits for it until an instant.
  ///
  /// - Parameter deadline: When the wait ends; if it has passed, bytes that have come stay.
  /// - Returns: As ``receive(timeout:)``.
  /// - Throws: As ``receive(timeout:)``; ETIMEDOUT with the cause `.timeout` at the deadline.
  ///
  /// The corresponding C functions are `io_uring_prep_recv_multishot` (Linux 6.0) and
  /// `io_uring_prep_recv`.
  public nonisolated(nonsending) func receive(
    until deadline: LoopInstant
  ) async throws(SocketError) -> BufferLease? {
    try await receive(timeout: try await timeLeft(until: deadline, .receive))
  }

  /// Receives into the caller's memory, or waits until an instant.
  ///
  /// - Parameters:
  ///   - bytes: The kernel's until the call returns; filled from its start.
  ///   - deadline: When the wait ends; if it has passed, bytes that have come stay.
  /// - Returns: As ``receive(into:timeout:)``.
  /// - Throws: As ``receive(until:)``.
  ///
  /// The corresponding C function is `io_uring_prep_recv` (Linux 5.6).
  public nonisolated(nonsending) func receive(
    into bytes: inout MutableRawSpan, until deadline: LoopInstant
  ) async throws(SocketError) -> Int? {
    let timeLeft = try await timeLeft(until: deadline, .receive)
    return try await receive(into: &bytes, timeout: timeLeft)
  }

  /// Sends bytes, all of them, by an instant.
  ///
  /// - Parameters:
  ///   - bytes: Borrowed until the call returns.
  ///   - deadline: When the send is cut short; if it has passed, nothing is sent.
  /// - Throws: As ``send(_:timeout:)-(RawSpan,_)``; ETIMEDOUT with the cause `.timeout` at the
  ///   deadline.
  ///
  /// The corresponding C function is `io_uring_prep_send` (Linux 5.6).
  public nonisolated(nonsending) func send(
    _ bytes: RawSpan, until deadline: LoopInstant
  ) async throws(SocketError) {
    let timeLeft = try await timeLeft(until: deadline, .send)
    try await send(bytes, timeout: timeLeft)
  }

  /// Sends the bytes of an array, all of them, by an instant.
  ///
  /// - Parameters:
  ///   - bytes: Not copied.
  ///   - deadline: When the send is cut short; if it has passed, nothing is sent.
  /// - Throws: As the send of a `RawSpan`.
  ///
  /// The corresponding C function is `io_uring_prep_send` (Linux 5.6).
  public nonisolated(nonsending) func send(
    _ bytes: [UInt8], until deadline: LoopInstant
  ) async throws(SocketError) {
    let timeLeft = try await timeLeft(until: deadline, .send)
    try await send(bytes, timeout: timeLeft)
  }

  /// Queues received bytes to be sent, by an instant where that takes a wait.
  ///
  /// - Parameters:
  ///   - lease: The bytes; the buffer returns to the pool when they are out.
  ///   - deadline: When a wait for room ends; if it has passed, nothing is queued.
  /// - Throws: As the send of a `RawSpan`.
  ///
  /// The corresponding C function is `io_uring_prep_send` (Linux 5.6).
  public nonisolated(nonsending) func enqueue(
    _ lease: consuming BufferLease, until deadline: LoopInstant
  ) async throws(SocketError) {
    let timeLeft = try await timeLeft(until: deadline, .send)
    try await enqueue(lease, timeout: timeLeft)
  }

  /// Runs a body whose waits on the connection's loop end at an instant: one deadline for a whole
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

  /// - Throws: ``SocketError`` with ETIMEDOUT if there is none left.
  nonisolated(nonsending) func timeLeft(
    until deadline: LoopInstant, _ operation: SocketOperation
  ) async throws(SocketError) -> Duration {
    let timeLeft = loop.now.duration(to: deadline)
    if timeLeft > .zero { return timeLeft }
    // A task that does not heed the end would keep the loop from everything else.
    await Task.yield()
    throw .pastDeadline(operation, peerAddress)
  }

  /// What a receive throws behind the deadline of its task, whatever has come.
  @inline(never)
  nonisolated(nonsending) func refuseToReceive() async -> SocketError {
    await letOthersGoOn()
    return .pastDeadline(.receive, peerAddress)
  }
}
