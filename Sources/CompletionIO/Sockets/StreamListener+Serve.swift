// SPDX-License-Identifier: Apache-2.0

extension StreamListener {
  /// Serves each connection with a task on the connection's own loop.
  ///
  /// A connection is closed when its body returns or throws; a body that throws ends its own
  /// connection and no other. Returns after ``close()``, when the last body has returned. When the
  /// calling task is cancelled the listener is closed and the bodies' tasks are cancelled. Accepting
  /// follows the policy `.completion`, because nobody could be told that it would block.
  ///
  /// What a body throws goes to `onError`. Without that the first error is told on standard error,
  /// once for each call. Errors by which connections end every day are not: the peer has gone or was
  /// silent for too long (ECONNRESET, EPIPE, ETIMEDOUT, `.endOfStream`), or this program has
  /// cancelled the task, closed the connection or stopped the loop.
  /// ``LoopStatistics/bodyFailures`` counts all others, with `onError` too.
  ///
  /// - Parameters:
  ///   - lingering: How connections are closed behind their bodies; see
  ///     ``StreamConnection/close(lingering:)``.
  ///   - onError: Called on the connection's loop with what a body has thrown, whatever it is.
  ///   - body: Called with each connection, on its loop. A body is told that the listener closes by
  ///     ``StreamConnection/onListenerClose(_:)``.
  /// - Throws: ``SocketError`` when accepting fails for good, after the connections have ended; EBUSY
  ///   when the listener is used already.
  ///
  /// The corresponding C function is `io_uring_prep_multishot_accept` (Linux 5.19).
  public func serve(
    lingering: LingerLimit? = nil,
    onError: (@Sendable (StreamConnection, any Error) -> Void)? = nil,
    _ body: nonisolated(nonsending) @escaping @Sendable (StreamConnection) async throws -> Void
  ) async throws(SocketError) {
    try await serve(limits: ServeLimits(), lingering: lingering, onError: onError, body)
  }

  /// Serves each connection with a task on the connection's own loop, within limits.
  ///
  /// As ``serve(lingering:onError:_:)``. A wait of a body's task on its connection that lasts longer
  /// than its limit throws ETIMEDOUT with the cause `.timeout`, at the latest a quarter of the
  /// shortest limit later; waits of other tasks are not watched.
  ///
  /// - Parameters:
  ///   - limits: What the listener allows its connections.
  ///   - startingTasks: When a connection gets its task.
  ///   - lingering: How connections are closed behind their bodies; see
  ///     ``StreamConnection/close(lingering:)``.
  ///   - onRefused: Called on the loop of each connection that was accepted and is not served.
  ///   - onError: Called on the connection's loop with what a body has thrown, whatever it is.
  ///   - body: Called with each connection, on its loop.
  /// - Throws: As ``serve(lingering:onError:_:)``.
  ///
  /// The corresponding C function is `io_uring_prep_multishot_accept` (Linux 5.19).
  public func serve(
    limits: ServeLimits, startingTasks: TaskStart = .atOnce, lingering: LingerLimit? = nil,
    onRefused: (@Sendable (RefusedConnection) -> Void)? = nil,
    onError: (@Sendable (StreamConnection, any Error) -> Void)? = nil,
    _ body: nonisolated(nonsending) @escaping @Sendable (StreamConnection) async throws -> Void
  ) async throws(SocketError) {
    try claim(.serving)
    let service = Service(
      limits: limits, start: startingTasks, lingering: lingering, onRefused: onRefused,
      onError: onError, body: body)
    try await home.isolation.run { _ throws(SocketError) in
      try await ServeSession(of: self, service).run()
    }
  }
}

extension StreamConnection {
  /// Has a function called when the listener that has accepted the connection closes, so that its
  /// body can come to an end: for example by ``stopReceiving()``.
  ///
  /// - Parameter body: Called once, on the connection's loop; at once if the listener has closed
  ///   already, never for a connection of another origin than
  ///   ``StreamListener/serve(lingering:onError:_:)``.
  public func onListenerClose(_ body: @escaping @Sendable (StreamConnection) -> Void) {
    stream.onLoop { [weak self] stream in
      guard let self else { return }
      if stream.extras?.hasListenerClosed == true { return body(self) }
      stream.madeExtras.listenerCloseHandlers.append { [weak self] in
        if let self { body(self) }
      }
    }
  }
}

/// What a call of ``StreamListener/serve(lingering:onError:_:)`` does with each connection.
///
/// One object for all of them, because each task's stack keeps what it calls.
final class Service: Sendable {
  let limits: ServeLimits
  let start: TaskStart
  let lingering: LingerLimit?
  let onRefused: (@Sendable (RefusedConnection) -> Void)?
  let onError: (@Sendable (StreamConnection, any Error) -> Void)?
  let body: nonisolated(nonsending) @Sendable (StreamConnection) async throws -> Void
  /// Tells of a failure where there is no `onError`.
  let notice = BodyFailureNotice()

  init(
    limits: ServeLimits, start: TaskStart, lingering: LingerLimit?,
    onRefused: (@Sendable (RefusedConnection) -> Void)?,
    onError: (@Sendable (StreamConnection, any Error) -> Void)?,
    body: nonisolated(nonsending) @escaping @Sendable (StreamConnection) async throws -> Void
  ) {
    self.limits = limits
    self.start = start
    self.lingering = lingering
    self.onRefused = onRefused
    self.onError = onError
    self.body = body
  }

  /// Runs the body with a connection, and closes it.
  ///
  /// The body's task owns the connection, so that its waits need no cancellation handler: whoever
  /// cancels the task tells the stream (``SocketStream/cancelOwner()``).
  nonisolated(nonsending) func serve(_ connection: StreamConnection) async {
    let stream = connection.stream
    if stream.loop.isCurrent { connection.ownerJob = stream.loop.currentJob }
    do {
      try await body(connection)
    } catch {
      tell(error, of: connection)
    }
    stream.onLoop { stream in
      connection.ownerJob = 0
      if stream.isOwnerCancelled { stream.abort() }
    }
    await connection.close(lingering: lingering)
  }

  /// Tells of what a body has thrown, and counts what is no ordinary end.
  ///
  /// By itself, so that the frame of each connection's task needs no room for it.
  @inline(never)
  private func tell(_ error: any Error, of connection: StreamConnection) {
    onError?(connection, error)
    guard !BodyFailure.isOrdinary(error) else { return }
    connection.stream.onLoop { $0.loop.countBodyFailure() }
    if onError == nil { notice.tell(error, of: connection) }
  }
}
