// SPDX-License-Identifier: Apache-2.0

extension StreamListener {
  /// Takes one connection, or waits for it.
  ///
  /// Under the policy `.completion` connections are accepted ahead, up to
  /// ``LoopConfiguration/unclaimedConnectionLimit``; then the listener pauses until some are taken.
  /// Under the others each call is one request on each loop.
  ///
  /// - Returns: A connection, on the loop that accepted it.
  /// - Throws: ``SocketError`` with ECANCELED when the task is cancelled, EBADF after ``close()``,
  ///   EBUSY while the listener is served, EAGAIN under other policies than `.completion`, or the
  ///   errno with which accepting failed for good.
  ///
  /// The corresponding C functions are `io_uring_prep_multishot_accept` (Linux 5.19) and
  /// `io_uring_prep_accept`.
  public func accept() async throws(SocketError) -> StreamConnection {
    try claim(.accepting)
    return try await home.isolation.run { _ throws(SocketError) in
      try await self.queue.accept()
    }
  }
}
