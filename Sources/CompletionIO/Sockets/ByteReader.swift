// SPDX-License-Identifier: Apache-2.0

internal import Uring

/// Reads a connection element by element: so many bytes, a line, everything before a delimiter.
///
/// ```swift
/// var reader = ByteReader(connection)
/// while try await reader.readLine(limit: 8192) {
///   guard let request = String(validating: reader.element) else { break }
///   try await connection.send(Array(answer(to: request).utf8))
/// }
/// ```
///
/// Each call makes what it has read the reader's ``element``, which is borrowed until the next call
/// and read where the kernel has put it. Bytes are copied only where an element goes over the end
/// of a buffer, and while the reader waits for the rest of it, so that peers that stop in the
/// middle use up no buffers of the pool.
///
/// A call that fails, by its deadline for example, leaves the bytes that have come where they are:
/// the next call begins with the same byte. While a reader is in use nobody else receives on its
/// connection.
public struct ByteReader: ~Copyable {
  /// The connection that is read.
  public let connection: StreamConnection
  var buffer = SeamBuffer()

  /// Makes a reader.
  ///
  /// - Parameter connection: Is read from its next byte on, and stays open when the reader ends.
  public init(_ connection: StreamConnection) {
    self.connection = connection
  }

  /// What the last call has read, without what ends it; empty after a call that read nothing.
  public var element: RawSpan {
    @_lifetime(borrow self)
    get { buffer.element }
  }

  /// Bytes that have come and that no call has read.
  public var unreadByteCount: Int { buffer.byteCount }

  /// Reads a number of bytes.
  ///
  /// - Parameters:
  ///   - count: How many. Memory grows with the bytes that come, not with this number; a number
  ///     that a peer has sent is checked by the caller.
  ///   - timeout: How long the whole call may take; `nil` for as long as it takes.
  /// - Returns: Whether they are the ``element`` now; `false` at the end of the stream.
  /// - Throws: ``SocketError`` with ENODATA (``SocketError/Cause/endOfStream``) if the stream ends
  ///   behind a part of them; else as ``StreamConnection/receive(timeout:)``.
  ///   ``SocketError/byteCount`` says how many had come.
  /// - Complexity: O(n) if the bytes go over a seam.
  public mutating nonisolated(nonsending) func read(
    exactly count: Int, timeout: Duration? = nil
  ) async throws(SocketError) -> Bool {
    precondition(count >= 0, "a number of bytes is not negative")
    return try await read(.exactly(count), timeout)
  }

  /// Reads what has come, or waits for it; copies nothing.
  ///
  /// - Parameters:
  ///   - limit: How many bytes to read at most.
  ///   - timeout: How long to wait; `nil` for as long as it takes.
  /// - Returns: Whether the ``element`` has at least one byte now; `false` at the end of the
  ///   stream.
  /// - Throws: As ``StreamConnection/receive(timeout:)``.
  public mutating nonisolated(nonsending) func read(
    atMost limit: Int = .max, timeout: Duration? = nil
  ) async throws(SocketError) -> Bool {
    precondition(limit > 0, "at least one byte is read")
    return try await read(.some(limit: limit), timeout)
  }

  /// Reads everything before a byte, and the byte.
  ///
  /// - Parameters:
  ///   - delimiter: Is read, and is no part of the ``element``.
  ///   - limit: How many bytes may come before it.
  ///   - timeout: How long the whole call may take; `nil` for as long as it takes.
  /// - Returns: Whether they are the ``element`` now; `false` at the end of the stream.
  /// - Throws: ``SocketError`` with EMSGSIZE (``SocketError/Cause/tooLong``) if more bytes come
  ///   before the delimiter, with ENODATA (``SocketError/Cause/endOfStream``) if the stream ends
  ///   before it; else as ``StreamConnection/receive(timeout:)``. ``SocketError/byteCount`` says
  ///   how many had come.
  /// - Complexity: O(n)
  public mutating nonisolated(nonsending) func read(
    until delimiter: UInt8, limit: Int, timeout: Duration? = nil
  ) async throws(SocketError) -> Bool {
    precondition(limit >= 0, "a limit is not negative")
    return try await read(.until(SeamBuffer.Delimiter(delimiter), limit: limit), timeout)
  }

  /// Reads everything before several bytes in a row, and these.
  ///
  /// - Parameters:
  ///   - delimiter: At least one byte; is read, and is no part of the ``element``.
  ///   - limit: How many bytes may come before it.
  ///   - timeout: How long the whole call may take; `nil` for as long as it takes.
  /// - Returns: Whether they are the ``element`` now; `false` at the end of the stream.
  /// - Throws: As ``read(until:limit:timeout:)-(UInt8,_,_)``.
  /// - Complexity: O(n · m) for n bytes and m of the delimiter.
  public mutating nonisolated(nonsending) func read(
    until delimiter: [UInt8], limit: Int, timeout: Duration? = nil
  ) async throws(SocketError) -> Bool {
    precondition(limit >= 0, "a limit is not negative")
    return try await read(.until(SeamBuffer.Delimiter(delimiter), limit: limit), timeout)
  }

  /// Reads a line, and the LF or CRLF that ends it.
  ///
  /// - Parameters:
  ///   - limit: How many bytes the line may have, without what ends it.
  ///   - timeout: How long the whole call may take; `nil` for as long as it takes.
  /// - Returns: Whether the line is the ``element`` now; `false` at the end of the stream.
  /// - Throws: As ``read(until:limit:timeout:)-(UInt8,_,_)``. A last line that nothing ends can be
  ///   read with ``read(atMost:timeout:)``.
  /// - Complexity: O(n)
  public mutating nonisolated(nonsending) func readLine(
    limit: Int, timeout: Duration? = nil
  ) async throws(SocketError) -> Bool {
    precondition(limit >= 0, "a limit is not negative")
    return try await read(.line(limit: limit), timeout)
  }

  /// Looks at the next bytes, which the next call reads again.
  ///
  /// - Parameters:
  ///   - count: How many.
  ///   - timeout: How long the whole call may take; `nil` for as long as it takes.
  /// - Returns: Whether they are the ``element`` now; `false` at the end of the stream.
  /// - Throws: As ``read(exactly:timeout:)``.
  /// - Complexity: O(n) if the bytes go over a seam.
  public mutating nonisolated(nonsending) func peek(
    _ count: Int, timeout: Duration? = nil
  ) async throws(SocketError) -> Bool {
    precondition(count >= 0, "a number of bytes is not negative")
    return try await read(.peek(count), timeout)
  }

  private mutating nonisolated(nonsending) func read(
    _ element: SeamBuffer.Portion, _ timeout: Duration?
  ) async throws(SocketError) -> Bool {
    buffer.dropElement()
    var searched = 0
    var deadline = ReadDeadline(timeout, connection)
    while true {
      switch buffer.take(element, &searched) {
      case .whole:
        deadline.end()
        return true
      case .tooLong:
        throw deadline.end(.tooLong, byteCount: buffer.byteCount)
      case .unfinished:
        if try await receiveMore(&deadline, having: buffer.byteCount) { continue }
        guard buffer.byteCount > 0 else {
          deadline.end()
          return false
        }
        throw deadline.end(.endOfStream, byteCount: buffer.byteCount)
      }
    }
  }

  /// Receives behind what has come.
  ///
  /// - Returns: Whether anything was received; `false` at the end of the stream.
  mutating nonisolated(nonsending) func receiveMore(
    _ deadline: inout ReadDeadline, having byteCount: Int
  ) async throws(SocketError) -> Bool {
    // The wait is for a peer, which may stop here for ever.
    buffer.copyOut()
    do throws(SocketError) {
      guard let lease = try await deadline.receive() else { return false }
      buffer.append(lease)
      return true
    } catch {
      deadline.end()
      throw error.with(byteCount: byteCount)
    }
  }
}
