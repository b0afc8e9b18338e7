// SPDX-License-Identifier: Apache-2.0

internal import Uring

// One deadline for several receives of one task, on the loop's clock.
extension SocketStream {
  /// Begins a deadline for the receives that follow, up to ``removeReadDeadline()``.
  func setReadDeadline(_ duration: Duration) {
    guard closing == .open, !loop.isStopping else { return }
    removeReadDeadline()
    madeExtras.readDeadline = loop.openWait(for: self, timeout: duration)
  }

  func removeReadDeadline() {
    guard let deadline = extras?.readDeadline else { return }
    extras?.readDeadline = nil
    extras?.hasReadDeadlinePassed = false
    loop.discard(deadline)
  }

  /// Ends the receive that waits, or the next one: a task that has been resumed with bytes may come
  /// back for more.
  func readDeadlineHasPassed() {
    extras?.hasReadDeadlinePassed = true
    guard let receiver = receiving.receiver, loop.core.waits.isOpen(receiver.wait) else { return }
    cancelReceive(because: .timedOut)
  }

  /// Whether a deadline has passed that no receive has been told of.
  var isPastReadDeadline: Bool { extras?.hasReadDeadlinePassed == true }
}
