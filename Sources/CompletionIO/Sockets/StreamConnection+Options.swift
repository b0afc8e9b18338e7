// SPDX-License-Identifier: Apache-2.0

extension StreamConnection {
  /// Reads an option.
  ///
  /// - Parameter option: Which option.
  /// - Returns: What the kernel says, which may be another value than was set.
  /// - Throws: ``SocketError`` with ENOPROTOOPT or EOPNOTSUPP for an option that the socket does not
  ///   have, EOPNOTSUPP for a direct descriptor; EBADF after ``close(lingering:)`` or ``abort()``,
  ///   ESHUTDOWN when the loop has stopped.
  ///
  /// The corresponding C function is `getsockopt`.
  public nonisolated(nonsending) func option<Value>(
    _ option: SocketOption<Value>
  ) async throws(SocketError) -> Value {
    try await self.option(option.reading)
  }

  /// Reads an option that the kernel alone decides.
  ///
  /// - Parameter option: Which option.
  /// - Returns: What the kernel says.
  /// - Throws: As ``option(_:)-(SocketOption<Value>)``.
  ///
  /// The corresponding C function is `getsockopt`.
  public nonisolated(nonsending) func option<Value>(
    _ option: ReadOnlySocketOption<Value>
  ) async throws(SocketError) -> Value {
    if stream.loop.isCurrent { return try stream.option(option) }
    return try await stream.loop.isolation.run { _ throws(SocketError) in
      try self.stream.option(option)
    }
  }

  /// Sets an option, for all who use the connection.
  ///
  /// - Parameters:
  ///   - option: Which option.
  ///   - value: What it becomes.
  /// - Throws: ``SocketError`` with ENOPROTOOPT or EOPNOTSUPP for an option that the socket does not
  ///   have, EOPNOTSUPP for a direct descriptor; ERANGE for a value that the option cannot have,
  ///   EINVAL for one that the kernel does not take, EPERM for one that needs more rights; EBADF after
  ///   ``close(lingering:)`` or ``abort()``, ESHUTDOWN when the loop has stopped.
  ///
  /// The corresponding C function is `setsockopt`.
  public nonisolated(nonsending) func setOption<Value>(
    _ option: SocketOption<Value>, to value: Value
  ) async throws(SocketError) {
    if stream.loop.isCurrent { return try stream.setOption(option, to: value) }
    try await stream.loop.isolation.run { _ throws(SocketError) in
      try self.stream.setOption(option, to: value)
    }
  }
}
