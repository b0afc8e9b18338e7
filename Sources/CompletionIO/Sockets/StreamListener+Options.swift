// SPDX-License-Identifier: Apache-2.0

// Options of the listening sockets.
extension StreamListener {
  /// Reads an option of the listener; with several loops, of the first one's socket.
  ///
  /// - Parameter option: Which option.
  /// - Returns: What the kernel says, which may be another value than was set.
  /// - Throws: ``SocketError`` with ENOPROTOOPT or EOPNOTSUPP for an option that the socket does not
  ///   have; EBADF after ``close()`` or ``abort()``, ESHUTDOWN when the loop has stopped.
  ///
  /// The corresponding C function is `getsockopt`.
  public func option<Value>(
    _ option: SocketOption<Value>
  ) async throws(SocketError) -> Value {
    try await self.option(option.reading)
  }

  /// Reads an option that the kernel alone decides; with several loops, of the first one's socket.
  ///
  /// - Parameter option: Which option.
  /// - Returns: What the kernel says.
  /// - Throws: As ``option(_:)-(SocketOption<Value>)``.
  ///
  /// The corresponding C function is `getsockopt`.
  public func option<Value>(
    _ option: ReadOnlySocketOption<Value>
  ) async throws(SocketError) -> Value {
    let (acceptor, address) = (acceptors[0], localAddress)
    return try await home.isolation.run { _ throws(SocketError) in
      try acceptor.option(option, at: address)
    }
  }

  /// Sets an option of all sockets of the listener, up to the first that refuses it.
  ///
  /// TCP connections have it too that are made from then on, but for what the kernel starts anew for
  /// each (`TCP_QUICKACK`); ``SocketOptions/setOnAccepted(_:to:)`` sets it on each connection.
  ///
  /// - Parameters:
  ///   - option: Which option.
  ///   - value: What it becomes.
  /// - Throws: ``SocketError`` with ENOPROTOOPT or EOPNOTSUPP for an option that the socket does not
  ///   have, ERANGE for a value that the option cannot have, EINVAL for one that the kernel does not
  ///   take, EPERM for one that needs more rights; EBADF after ``close()`` or ``abort()``, ESHUTDOWN
  ///   when a loop has stopped.
  ///
  /// The corresponding C function is `setsockopt`.
  public func setOption<Value>(
    _ option: SocketOption<Value>, to value: Value
  ) async throws(SocketError) {
    let (setting, address) = (SocketSetting(option, value), localAddress)
    for acceptor in acceptors {
      try await acceptor.loop.isolation.run { _ throws(SocketError) in
        try acceptor.set(setting, at: address)
      }
    }
  }
}
