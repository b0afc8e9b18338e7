// SPDX-License-Identifier: Apache-2.0

extension StreamListener {
  /// Handles each connection with a delegate of its own, within limits: no task, no continuation.
  ///
  /// - Parameters:
  ///   - limits: What the listener allows its connections.
  ///   - onRefused: Called on the loop of each connection that was accepted and is not handled.
  ///   - ended: Called on each loop when it accepts no more: without an error after ``close()``.
  ///   - delegate: Makes the delegate of a connection, on the connection's loop.
  /// - Throws: ``SocketError`` with EBUSY when the listener is used already.
  ///
  /// The corresponding C function is `io_uring_prep_multishot_accept` (Linux 5.19).
  public func handle(
    limits: ServeLimits = ServeLimits(),
    onRefused: (@Sendable (RefusedConnection) -> Void)? = nil,
    ended: @escaping @Sendable (SocketError?) -> Void = { _ in },
    _ delegate: @escaping @Sendable (SocketStream) -> SocketDelegate
  ) throws(SocketError) {
    if limits == ServeLimits(), onRefused == nil {
      return try handle(accepted: { $0.attach(delegate($0)) }, ended: ended)
    }
    try claim(.handling)
    let handling = Handling(limits: limits, onRefused: onRefused, delegate: delegate)
    for acceptor in acceptors {
      acceptor.loop.perform { HandledStreams(handling).start(acceptor, ended: ended) }
    }
  }

  /// Handles all connections with one handler: no task, no continuation.
  ///
  /// - Parameters:
  ///   - handler: Is notified of each connection's bytes, on the connection's loop.
  ///   - limits: What the listener allows its connections.
  ///   - onRefused: Called on the loop of each connection that was accepted and is not handled.
  ///   - ended: Called on each loop when it accepts no more: without an error after ``close()``.
  /// - Throws: ``SocketError`` with EBUSY when the listener is used already.
  ///
  /// The corresponding C function is `io_uring_prep_multishot_accept` (Linux 5.19).
  public func handle(
    _ handler: StreamHandler, limits: ServeLimits = ServeLimits(),
    onRefused: (@Sendable (RefusedConnection) -> Void)? = nil,
    ended: @escaping @Sendable (SocketError?) -> Void = { _ in }
  ) throws(SocketError) {
    try handle(limits: limits, onRefused: onRefused, ended: ended) { _ in handler }
  }

  /// Gives each connection to a function, which starts it with a delegate
  /// (``SocketStream/start(_:)``).
  ///
  /// - Parameters:
  ///   - accepted: Called with each connection, on its loop.
  ///   - ended: Called on each loop when it accepts no more: without an error after ``close()``.
  /// - Throws: ``SocketError`` with EBUSY when the listener is used already.
  ///
  /// The corresponding C function is `io_uring_prep_multishot_accept` (Linux 5.19).
  public func handle(
    accepted: @escaping @Sendable (SocketStream) -> Void,
    ended: @escaping @Sendable (SocketError?) -> Void = { _ in }
  ) throws(SocketError) {
    try claim(.handling)
    for acceptor in acceptors {
      acceptor.loop.perform { acceptor.start(accepted: accepted, ended: ended) }
    }
  }
}
