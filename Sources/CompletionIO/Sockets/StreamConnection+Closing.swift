// SPDX-License-Identifier: Apache-2.0

extension StreamConnection {
  /// Ends the sending half once everything queued is out: the peer receives the end of the stream.
  ///
  /// A second call does nothing. Nothing can be sent afterwards, even if the call's task is cancelled
  /// meanwhile: that ends the wait, and the half ends behind what is queued all the same.
  ///
  /// - Throws: ``SocketError`` with ENOTCONN, ECANCELED, EBADF after ``close(lingering:)``; after a
  ///   send that has failed, with that send's errno and attempts.
  ///
  /// The corresponding C function is `shutdown` with `SHUT_WR`.
  public nonisolated(nonsending) func finishSending() async throws(SocketError) {
    guard stream.loop.isCurrent else {
      return try await stream.loop.isolation.run { _ throws(SocketError) in
        try await self.finishSending()
      }
    }
    if mustLetOthersGoOn { await letOthersGoOn() }
    stream.atOnceCount &+= 1
    let isOwner = isOwnersTask
    let wait = try stream.finishSending(isOwner: isOwner)
    if let failure = await result(of: wait, isOwner: isOwner).failure {
      throw stream.error(.shutdown, failure)
    }
  }

  /// Closes the connection: queued sends go out, then everything that is with the kernel is ended.
  ///
  /// Returns when the descriptor is free. May be called more than once; each call waits. It is not
  /// cut short by the cancellation of its task: ``abort()`` makes it quicker.
  ///
  /// A close while bytes of the peer's are unread resets the connection, and the peer may lose what
  /// was sent to it (RFC 1122, 4.2.2.13). A server that answers before it has read all of a request
  /// gives `lingering`.
  ///
  /// - Parameter lingering: Ends the sending half, and drops what the peer still sends until it has
  ///   ended too, within this limit; `nil` for a close at once behind the last byte.
  public nonisolated(nonsending) func close(lingering: LingerLimit? = nil) async {
    guard stream.loop.isCurrent else {
      return await stream.loop.isolation.run { _ in await self.close(lingering: lingering) }
    }
    guard let wait = stream.close(lingering: lingering) else { return await Task.yield() }
    await stream.loop.suspend(for: wait)
    _ = await stream.loop.takeResult(wait)
  }

  /// Closes the connection without waiting for queued sends, whose senders are told.
  ///
  /// Returns at once; ``close(lingering:)`` waits for the end of it.
  public func abort() {
    stream.abort()
  }
  /// Resets the connection and closes it: queued sends and bytes that the kernel has not delivered
  /// are lost, and the peer is told ECONNRESET.
  ///
  /// Returns at once; ``close(lingering:)`` waits for the end of it. For a peer that must not take
  /// what it has received for all. A Unix-domain connection, and one on a direct descriptor, closes
  /// as by ``abort()``.
  ///
  /// The corresponding C functions are `setsockopt` with `SO_LINGER` and no time, and `close`.
  public func reset() {
    stream.reset()
  }
}
