public import SystemPackage
public import Uring

/// A connected stream socket for tasks.
///
/// ```swift
/// while let chunk = try await connection.receive() {
///   try await connection.send(chunk.bytes)
/// }
/// ```
///
/// One task may receive while another sends; sends of several tasks go out one after the other,
/// each whole. A task that runs on the connection's loop pays no thread change; others may use the
/// connection too, more slowly. A connection that is dropped is closed.
public final class TCPConnection: Sendable {
  /// The loop that the connection belongs to.
  public var loop: CompletionLoop { stream.loop }
  let stream: SocketStream

  init(_ stream: SocketStream) {
    self.stream = stream
  }

  deinit {
    let stream = stream
    stream.loop.perform { stream.close() }
  }

  /// The other end's address.
  ///
  /// - Returns: An address; getpeername(2).
  /// - Throws: ENOTCONN; EOPNOTSUPP for a connection in a direct table.
  public func peerAddress() throws(Errno) -> SocketAddress {
    try stream.peerAddress()
  }

  /// Receives what has come, or waits for it.
  ///
  /// The kernel fills a buffer of the loop's pool and is told in advance where the next bytes may
  /// go, so that nothing is polled.
  ///
  /// - Parameter timeout: How long to wait; `nil` for as long as it takes.
  /// - Returns: At least one byte; the buffer returns to the pool when the lease ends. `nil` at the
  ///   end of the stream.
  /// - Throws: ``SocketError`` with ECONNRESET, ETIMEDOUT (the peer, or the deadline: see
  ///   ``SocketError/cause-swift.property``), ECANCELED, EBADF after ``close()``.
  ///
  /// The corresponding C function is `io_uring_prep_recv_multishot` (Linux 6.0).
  public nonisolated(nonsending) func receive(
    timeout: Duration? = nil
  ) async throws(SocketError) -> BufferLease? {
    guard stream.loop.isCurrent, isOwnersTask else {
      return try lease(of: await receiveAnywhere(timeout))
    }
    if let end = stream.claim() { return try lease(of: end) }
    if Task.isCancelled { stream.cancelWaits() }
    unsafe stream.wait(timeout: timeout, resuming: nil)
    if stream.ownersReceiveEnd == nil {
      stream.loop.parking.prepare(stream)
      await stream.loop.parking.park()
    }
    guard let end = stream.ownersReceiveEnd.take() else {
      preconditionFailure("a task went on before its receive had ended")
    }
    return try lease(of: end)
  }

  private func lease(of end: ReceiveEnd) throws(SocketError) -> BufferLease? {
    if end.result == 0 { return nil }
    guard end.result > 0 else { throw stream.error(.receive, end.result, cause: end.cause) }
    return stream.lease(of: end)
  }

  /// Receives on behalf of a task that runs elsewhere, or that is not the connection's own.
  private nonisolated(nonsending) func receiveAnywhere(_ timeout: Duration?) async -> ReceiveEnd {
    let handle = ReceiveHandle()
    return await withTaskCancellationHandler {
      unsafe await withUnsafeContinuation { continuation in
        stream.loop.perform { [stream] in
          unsafe stream.wait(timeout: timeout, handle: handle, resuming: continuation)
        }
      }
    } onCancel: {
      stream.loop.perform { [stream] in stream.cancel(handle) }
    }
  }

  /// Whether the calling task owns the connection, so that whoever cancels it ends its waits.
  var isOwnersTask: Bool {
    stream.ownerJob != 0 && stream.ownerJob == stream.loop.currentJob
  }
}
