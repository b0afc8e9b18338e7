// SPDX-License-Identifier: Apache-2.0

public import Uring

extension StreamConnection {
  /// Receives the first bytes of what the peer asks next, or learns that nobody wants to hear it.
  ///
  /// As ``receive(timeout:)``, but a connection that is idle when its listener closes has ended:
  /// then, and from then on as long as nothing has come, the call returns `nil`. A server of
  /// keep-alive connections begins each request with it, and receives the rest of a request with
  /// ``receive(timeout:)``, so that requests which have begun are answered:
  ///
  /// ```swift
  /// while let start = try await connection.receiveUnlessDraining(timeout: .seconds(60)) {
  ///   try await answerRequest(beginningWith: start, on: connection)
  /// }
  /// ```
  ///
  /// The listener closes by ``StreamListener/close()``, and when its group drains
  /// (``CompletionLoopGroup/drain(grace:)``).
  ///
  /// - Parameter timeout: How long to wait; `nil` for as long as it takes.
  /// - Returns: At least one byte; `nil` at the end of the stream, and when the listener closes while
  ///   nothing has come.
  /// - Throws: As ``receive(timeout:)``.
  ///
  /// The corresponding C functions are `io_uring_prep_recv_multishot` (Linux 6.0) and
  /// `io_uring_prep_recv`.
  public nonisolated(nonsending) func receiveUnlessDraining(
    timeout: Duration? = nil
  ) async throws(SocketError) -> BufferLease? {
    guard stream.loop.isCurrent else {
      return try await stream.loop.isolation.run { _ throws(SocketError) in
        try await self.receiveUnlessDraining(timeout: timeout)
      }
    }
    if mustLetOthersGoOn { await letOthersGoOn() }
    if stream.loop.hasDeadlines, isPastDeadline() { throw await refuseToReceive() }
    if stream.endsWhenIdle {
      stream.atOnceCount &+= 1
      return nil
    }
    let isOwner = isOwnersTask
    let wait: WaitID
    switch try stream.receive(into: nil, timeout: timeout, isOwner: isOwner) {
    case .bytes(let lease): return lease
    case .wait(let id): wait = id
    default: return nil
    }
    stream.endWhenIdle(wait)
    let result = await result(of: wait, isOwner: isOwner)
    guard stream.loop.isCurrent else { return try await finishIdleElsewhere(result) }
    return try finishIdle(result)
  }

  /// Takes what a receive came to that ends when the listener closes; on the loop's thread.
  private func finishIdle(_ result: WaitResult) throws(SocketError) -> BufferLease? {
    if stream.hasEndedIdle(result) { return nil }
    return try stream.finishReceive(result, into: nil).lease()
  }

  private nonisolated(nonsending) func finishIdleElsewhere(
    _ result: WaitResult
  ) async throws(SocketError) -> BufferLease? {
    try await stream.loop.isolation.run { _ throws(SocketError) in try self.finishIdle(result) }
  }
}
