// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage

extension NonblockingSocket {
  /// Receives what is there.
  ///
  /// - Parameter buffer: Filled from its start.
  /// - Returns: How many bytes came; 0 at the end of the stream, or for an empty buffer.
  /// - Throws: ``NonblockingSocketError/wouldBlock(_:_:)`` with EAGAIN when the receive buffer is
  ///   empty; ``NonblockingSocketError/failed(_:_:)`` with ECONNRESET, ENOTCONN, ETIMEDOUT.
  ///
  /// The corresponding C function is `recv`.
  public func receive(
    into buffer: inout MutableRawSpan
  ) throws(NonblockingSocketError) -> Int {
    try unsafe buffer.withUnsafeMutableBytes { memory throws(NonblockingSocketError) in
      try unsafe SocketCalls.receive(from: descriptor, into: memory)
    }
  }

  /// Sends as much as the send buffer takes.
  ///
  /// - Parameter bytes: What to send.
  /// - Returns: How many bytes went, from the start; the rest is the caller's to keep.
  /// - Throws: ``NonblockingSocketError/wouldBlock(_:_:)`` with EAGAIN when the send buffer is full
  ///   and nothing went; ``NonblockingSocketError/failed(_:_:)`` with ECONNRESET, EPIPE, ENOTCONN.
  ///
  /// The corresponding C function is `send`, with `MSG_NOSIGNAL`.
  public func send(_ bytes: RawSpan) throws(NonblockingSocketError) -> Int {
    try unsafe bytes.withUnsafeBytes { memory throws(NonblockingSocketError) in
      try unsafe SocketCalls.send(memory, to: descriptor)
    }
  }
}
