// SPDX-License-Identifier: Apache-2.0

internal import Uring

// Quiet streams: a poll waits in place of the receive, which takes more of the kernel's memory.
extension SocketStream {
  /// Exchanges the receive for a poll, if nothing has come for long.
  ///
  /// - Returns: Whether it may be exchanged later.
  func exchangeReceiveIfQuiet() -> Bool {
    guard receiving.state == .armed, receiving.armsAhead, closing == .open else { return false }
    guard !received.contains(.quiet) else {
      received.remove(.quiet)
      quietLookCount = 0
      return true
    }
    quietLookCount += 1
    guard quietLookCount == QuietSweep.quietLookCount else { return true }
    // The next receive begins a new time.
    received.insert(.quiet)
    loop.core.statistics.quietReceives += 1
    perform(receiveEvent(.quiet))
    return false
  }

  /// Has a poll wait for bytes, if nothing has changed while the receive ended.
  func pollForBytes() {
    guard closing == .open, wantsBytes, extras?.isPassing != true else { return perform(.resume) }
    let readable: UInt32 = 0x1  // POLLIN (poll(2)).
    let token = loop.begin(.poll(descriptor, mask: readable), policy: .completion, owner: self)
    guard let token else { return perform(receiveEvent(.refused)) }
    began(token, .polling)
  }

  /// Takes the answer to a poll: for bytes, or behind the end of the stream.
  func didPoll(_ outcome: Outcome) {
    operationCount -= 1
    switch receiving.state {
    case .polling, .pausing: perform(receiveEvent(.answered(.nothing)))
    // The end may have been told by the end of the sending half meanwhile.
    case .confirming, .ended: didConfirm(outcome)
    case .idle, .armed, .reading, .quieting:
      preconditionFailure("no poll is with the kernel for a half that is \(receiving.state)")
    }
    finishClosingIfDone()
  }
}
