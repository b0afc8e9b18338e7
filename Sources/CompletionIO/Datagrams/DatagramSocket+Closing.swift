// SPDX-License-Identifier: Apache-2.0

extension DatagramSocket {
  /// Closes the socket: queued sends go out, then everything that is with the kernel is ended.
  ///
  /// Returns when the descriptor is free. May be called more than once; each call waits. It is not
  /// cut short by the cancellation of its task: ``abort()`` makes it quicker.
  public nonisolated(nonsending) func close() async {
    guard loop.isCurrent else {
      return await loop.isolation.run { _ in await self.close() }
    }
    guard let wait = endpoint.closeAndWait() else { return await Task.yield() }
    await loop.suspend(for: wait)
    _ = await loop.takeResult(wait)
  }

  /// Closes the socket without waiting for queued sends, whose senders are told.
  ///
  /// Returns at once; ``close()`` waits for the end of it.
  public func abort() {
    endpoint.abort()
  }
}
