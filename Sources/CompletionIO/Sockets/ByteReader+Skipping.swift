// SPDX-License-Identifier: Apache-2.0

extension ByteReader {
  /// Drops bytes, however many, without keeping or copying them.
  ///
  /// - Parameters:
  ///   - count: How many.
  ///   - timeout: How long the whole call may take; `nil` for as long as it takes.
  /// - Throws: As ``read(exactly:timeout:)``; the bytes that ``SocketError/byteCount`` counts are
  ///   dropped.
  public mutating nonisolated(nonsending) func skip(
    _ count: Int, timeout: Duration? = nil
  ) async throws(SocketError) {
    precondition(count >= 0, "a number of bytes is not negative")
    var left = count - buffer.drop(atMost: count)
    guard left > 0 else { return }
    var deadline = ReadDeadline(timeout, connection)
    while left > 0 {
      guard try await receiveMore(&deadline, having: count - left) else {
        throw deadline.end(.endOfStream, byteCount: count - left)
      }
      left -= buffer.drop(atMost: left)
    }
    deadline.end()
  }

  /// Drops everything before a byte, and the byte, without keeping or copying it.
  ///
  /// - Parameters:
  ///   - delimiter: Is dropped too.
  ///   - limit: How many bytes may come before it.
  ///   - timeout: How long the whole call may take; `nil` for as long as it takes.
  /// - Returns: Whether the delimiter has come; `false` at the end of the stream.
  /// - Throws: As ``read(until:limit:timeout:)-(UInt8,_,_)``; the bytes that
  ///   ``SocketError/byteCount`` counts are dropped, and the next call begins behind them.
  /// - Complexity: O(n)
  public mutating nonisolated(nonsending) func skip(
    until delimiter: UInt8, limit: Int = .max, timeout: Duration? = nil
  ) async throws(SocketError) -> Bool {
    try await skip(to: SeamBuffer.Delimiter(delimiter), limit, timeout)
  }

  /// Drops everything before several bytes in a row, and these, without keeping it.
  ///
  /// - Parameters:
  ///   - delimiter: At least one byte; is dropped too.
  ///   - limit: How many bytes may come before it.
  ///   - timeout: How long the whole call may take; `nil` for as long as it takes.
  /// - Returns: Whether the delimiter has come; `false` at the end of the stream.
  /// - Throws: As ``skip(until:limit:timeout:)-(UInt8,_,_)``.
  /// - Complexity: O(n · m) for n bytes and m of the delimiter.
  public mutating nonisolated(nonsending) func skip(
    until delimiter: [UInt8], limit: Int = .max, timeout: Duration? = nil
  ) async throws(SocketError) -> Bool {
    try await skip(to: SeamBuffer.Delimiter(delimiter), limit, timeout)
  }

  private mutating nonisolated(nonsending) func skip(
    to delimiter: SeamBuffer.Delimiter, _ limit: Int, _ timeout: Duration?
  ) async throws(SocketError) -> Bool {
    precondition(limit >= 0, "a limit is not negative")
    buffer.dropElement()
    var (droppedCount, searched) = (0, 0)
    var deadline = ReadDeadline(timeout, connection)
    while true {
      switch buffer.drop(to: delimiter, limit: limit, &droppedCount, &searched) {
      case .whole:
        deadline.end()
        return true
      case .tooLong:
        throw deadline.end(.tooLong, byteCount: droppedCount)
      case .unfinished:
        if try await receiveMore(&deadline, having: droppedCount) { continue }
        guard droppedCount > 0 || buffer.byteCount > 0 else {
          deadline.end()
          return false
        }
        throw deadline.end(.endOfStream, byteCount: droppedCount)
      }
    }
  }
}
