// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

// Closing, in the order of the streams': draining, stopping, releasing.
extension DatagramEndpoint {
  /// Closes the endpoint when its queued sends are out, or at the latest after
  /// ``LoopConfiguration/drainTimeLimit``.
  ///
  /// Returns at once; the handler's `closed` is called when the descriptor is free. A second call
  /// does nothing.
  public func close() {
    onLoop { endpoint in
      guard endpoint.closing == .open else { return }
      endpoint.closing = .draining
      endpoint.failReceiver()
      endpoint.perform(endpoint.receiving.handle(.unwanted))
      if endpoint.sending.count == 0 { return endpoint.stopOperations() }
      endpoint.closeDeadline = endpoint.loop.openWait(
        for: endpoint, timeout: endpoint.loop.configuration.drainTimeLimit)
    }
  }

  /// Closes the endpoint at once: queued sends are lost, and their senders are told.
  public func abort() {
    onLoop { $0.stopOperations() }
  }

  /// Asks everything that is with the kernel to end.
  func stopOperations() {
    guard closing == .open || closing == .draining else { return }
    closing = .stopping
    failReceiver()
    perform(receiving.handle(.unwanted))
    endQueued(.closed)
    for wait in roomWaits { fail(wait, .closed) }
    roomWaits = []
    finishClosingIfDone()
  }

  /// Ends what the kernel does not have, and asks for the end of what it has.
  private func endQueued(_ failure: StreamFailure) {
    var place = 0
    while place < sending.placeCount {
      switch sending[place].state {
      case .flying(let token):
        loop.core.cancel(token)
        place += 1
      case .queued:
        let first = sending.number(of: 0)
        end(place, failure)
        // Those that ended at the front are gone.
        place -= Int(bitPattern: sending.number(of: 0) &- first)
        place = max(0, place + 1)
      case .ended:
        place += 1
      }
    }
  }

  /// Closes the descriptor, once nothing of the endpoint is with the kernel.
  func finishClosingIfDone() {
    guard closing == .stopping, operationCount == 0, !sending.isEnlisted else { return }
    closing = .releasing
    failReceiver()
    receiving.dropAll()
    if let deadline = closeDeadline {
      closeDeadline = nil
      loop.discard(deadline)
    }
    for flush in flushes { fail(flush.wait, .closed) }
    flushes = []
    operationCount += 1
    if loop.beginClose(descriptor, owner: self) { return }
    // Later, because the caller still uses the endpoint, and the registry may have the last
    // reference.
    loop.performLater { [self] in didClose() }
  }

  func didClose() {
    operationCount -= 1
    closing = .closed
    loop.streams.streamClosed()
    loop.registry.remove(self)
    for wait in closers { loop.finish(wait) }
    closers = []
    tellEnd(.closed)
    // Before the call, so that nothing can follow it, and a handler may refer to its endpoint.
    let handler = handler
    self.handler = nil
    handler?.closed(self)
    forgetService()
  }

  private func failReceiver() {
    if let wait = receiving.receiver { fail(wait, .closed) }
  }
}
