// SPDX-License-Identifier: Apache-2.0

extension ByteReader {
  /// Waits for the first byte of what the peer asks next, or learns that nobody wants to hear it.
  ///
  /// Reads nothing: the next call begins with that byte. A connection that is idle when its listener
  /// closes, or when its group drains, has ended as for
  /// ``StreamConnection/receiveUnlessDraining(timeout:)``. Bytes that have come before, perhaps with
  /// the last request, are answered:
  ///
  /// ```swift
  /// var reader = ByteReader(connection)
  /// while try await reader.waitUnlessDraining(timeout: .seconds(60)),
  ///   try await reader.readLine(limit: 8192)
  /// {
  ///   try await answerRequest(beginningWith: reader.element, on: connection)
  /// }
  /// ```
  ///
  /// - Parameter timeout: How long to wait; `nil` for as long as it takes.
  /// - Returns: Whether there is a byte to read (``unreadByteCount``); `false` at the end of the
  ///   stream, and when the listener closes while nothing has come. The ``element`` is empty.
  /// - Throws: As ``StreamConnection/receive(timeout:)``.
  public mutating nonisolated(nonsending) func waitUnlessDraining(
    timeout: Duration? = nil
  ) async throws(SocketError) -> Bool {
    buffer.dropElement()
    guard buffer.byteCount == 0 else { return true }
    guard let lease = try await connection.receiveUnlessDraining(timeout: timeout) else {
      return false
    }
    buffer.append(lease)
    return true
  }
}
