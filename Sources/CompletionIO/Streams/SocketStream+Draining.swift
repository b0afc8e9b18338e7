// SPDX-License-Identifier: Apache-2.0

internal import Uring

// What a stream that was accepted knows of its listener.
extension SocketStream {
  /// Takes note that a listener has accepted the stream, whose loop waits for it when it drains.
  func countAsAccepted() {
    isAccepted = true
    loop.acceptedCount += 1
  }

  /// Takes note that an accepted stream is closed.
  func forgetAccepted() {
    guard isAccepted else { return }
    isAccepted = false
    loop.acceptedCount -= 1
    loop.finishDrainingIfQuiet()
  }

  /// Takes note that the listener which has accepted the stream closes.
  func listenerClosed() {
    guard closing == .open else { return }
    let extras = madeExtras
    let isFirst = !extras.hasListenerClosed
    extras.hasListenerClosed = true
    if let wait = extras.idleWait { loop.finish(wait) }
    let handlers = extras.listenerCloseHandlers
    extras.listenerCloseHandlers = []
    for handler in handlers { handler() }
    if isFirst { handler?.draining(self) }
  }

  /// Whether a receive that is idle is to end, because the listener has closed.
  var endsWhenIdle: Bool {
    extras?.hasListenerClosed == true && receiving.isEmpty && !receiving.hasEnded
      && !receiving.hasReceiver && closing == .open && !isOwnerCancelled
  }

  /// Takes note that a receive which has begun is to end when the listener closes.
  func endWhenIdle(_ wait: WaitID) {
    madeExtras.idleWait = wait
  }

  /// Whether a receive has ended because the listener has closed, and with nothing else; the stream
  /// is then as before it.
  func hasEndedIdle(_ result: WaitResult) -> Bool {
    extras?.idleWait = nil
    guard result == WaitResult(), receiving.isEmpty, !receiving.hasEnded, closing == .open else {
      return false
    }
    receiving.receiver = nil
    return true
  }
}
