// SPDX-License-Identifier: Apache-2.0

extension ByteReader {
  /// Carries bytes between the reader's connection and another, both ways, until both directions have
  /// ended.
  ///
  /// As ``relay(between:and:idleLimit:)`` with the reader's connection first. What the reader has not
  /// read goes first, for example the bytes behind the request of a proxy's client.
  ///
  /// - Parameters:
  ///   - second: The other side.
  ///   - idleLimit: How long neither direction may move a byte, to a quarter; `nil` for as long as it
  ///     takes.
  /// - Returns: The bytes that each direction has carried, with those that were unread.
  /// - Throws: As ``relay(between:and:idleLimit:)``.
  @discardableResult
  public consuming nonisolated(nonsending) func relay(
    with second: StreamConnection, idleLimit: Duration? = nil
  ) async throws(RelayError) -> RelayCounts {
    let relay = Relay(
      connection, second, idleLimit: idleLimit, unread: (buffer.takeAllBoxed(), nil))
    return try await relay.runAndClose()
  }

  /// Carries bytes between the connections of two readers, both ways, until both directions have
  /// ended.
  ///
  /// As ``relay(between:and:idleLimit:)``. What each reader has not read goes first in its direction.
  ///
  /// - Parameters:
  ///   - second: The other side, whose connection has said something too, for example that it will
  ///     relay.
  ///   - idleLimit: How long neither direction may move a byte, to a quarter; `nil` for as long as it
  ///     takes.
  /// - Returns: The bytes that each direction has carried, with those that were unread.
  /// - Throws: As ``relay(between:and:idleLimit:)``.
  @discardableResult
  public consuming nonisolated(nonsending) func relay(
    with second: consuming ByteReader, idleLimit: Duration? = nil
  ) async throws(RelayError) -> RelayCounts {
    let relay = Relay(
      connection, second.connection, idleLimit: idleLimit,
      unread: (buffer.takeAllBoxed(), second.buffer.takeAllBoxed()))
    return try await relay.runAndClose()
  }
}

extension SeamBuffer {
  /// Takes everything that has not been used, for another thread; `nil` for nothing.
  fileprivate mutating func takeAllBoxed() -> LeaseBox? {
    guard let lease = takeAll() else { return nil }
    return LeaseBox(lease)
  }
}
