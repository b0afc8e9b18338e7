// SPDX-License-Identifier: Apache-2.0

public import Uring

extension DatagramSocket {
  /// Reads an option.
  ///
  /// - Parameter option: Which option.
  /// - Returns: What the kernel says, which may be another value than was set.
  /// - Throws: As ``DatagramEndpoint/option(_:)-(SocketOption<Value>)``.
  ///
  /// The corresponding C function is `getsockopt`.
  public nonisolated(nonsending) func option<Value>(
    _ option: SocketOption<Value>
  ) async throws(SocketError) -> Value {
    try await onLoop { endpoint throws(SocketError) in try endpoint.option(option) }
  }

  /// Reads an option that the kernel alone decides.
  ///
  /// - Parameter option: Which option.
  /// - Returns: What the kernel says.
  /// - Throws: As ``DatagramEndpoint/option(_:)-(SocketOption<Value>)``.
  ///
  /// The corresponding C function is `getsockopt`.
  public nonisolated(nonsending) func option<Value>(
    _ option: ReadOnlySocketOption<Value>
  ) async throws(SocketError) -> Value {
    try await onLoop { endpoint throws(SocketError) in try endpoint.option(option) }
  }

  /// Sets an option, for all who use the socket.
  ///
  /// - Parameters:
  ///   - option: Which option.
  ///   - value: What it becomes.
  /// - Throws: As ``DatagramEndpoint/setOption(_:to:)``.
  ///
  /// The corresponding C function is `setsockopt`.
  public nonisolated(nonsending) func setOption<Value: Sendable>(
    _ option: SocketOption<Value>, to value: Value
  ) async throws(SocketError) {
    try await onLoop { endpoint throws(SocketError) in try endpoint.setOption(option, to: value) }
  }

  /// Joins a group, whose datagrams the socket receives from now on.
  ///
  /// - Parameters:
  ///   - group: The group's address; its port does not count.
  ///   - interface: Where the group is joined.
  ///   - source: The only sender whose datagrams are wanted, and once for each of several; all if
  ///     `nil`.
  /// - Throws: As ``DatagramEndpoint/join(_:on:from:)``.
  ///
  /// The corresponding C function is `setsockopt` with `MCAST_JOIN_GROUP` or
  /// `MCAST_JOIN_SOURCE_GROUP`.
  public nonisolated(nonsending) func join(
    _ group: SocketAddress, on interface: NetworkInterface = .any, from source: SocketAddress? = nil
  ) async throws(SocketError) {
    try await onLoop { endpoint throws(SocketError) in
      try endpoint.join(group, on: interface, from: source)
    }
  }

  /// Leaves a group that was joined with the same arguments.
  ///
  /// - Parameters:
  ///   - group: The group's address; its port does not count.
  ///   - interface: Where the group was joined.
  ///   - source: As it was joined.
  /// - Throws: As ``DatagramEndpoint/leave(_:on:from:)``.
  ///
  /// The corresponding C function is `setsockopt` with `MCAST_LEAVE_GROUP` or
  /// `MCAST_LEAVE_SOURCE_GROUP`.
  public nonisolated(nonsending) func leave(
    _ group: SocketAddress, on interface: NetworkInterface = .any, from source: SocketAddress? = nil
  ) async throws(SocketError) {
    try await onLoop { endpoint throws(SocketError) in
      try endpoint.leave(group, on: interface, from: source)
    }
  }
}
