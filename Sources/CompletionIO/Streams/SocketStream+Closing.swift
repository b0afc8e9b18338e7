// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

/// How long a lingering close waits for the peer's end.
public struct LingerLimit: Hashable, Sendable {
  /// The longest time between our end of the stream and the peer's.
  public var duration: Duration
  /// Bytes of the peer's that are dropped before the connection is closed all the same.
  public var byteCount: Int

  /// Describes a limit.
  ///
  /// - Parameters:
  ///   - duration: The longest time between our end of the stream and the peer's.
  ///   - byteCount: Bytes of the peer's to drop at most.
  public init(duration: Duration = .seconds(5), byteCount: Int = 1 << 24) {
    self.duration = duration
    self.byteCount = byteCount
  }
}

// Closing: the descriptor is closed once the kernel has nothing of the stream any more. An earlier
// close would send no FIN, and the number could be given to another connection.
extension SocketStream {
  /// Closes the stream when its queued sends are out, or at the latest after
  /// ``LoopConfiguration/drainTimeLimit``.
  ///
  /// Returns at once; the delegate's `closed` is called when the descriptor is free. A second call
  /// does nothing.
  ///
  /// A close while bytes of the peer's are unread resets the connection (RFC 1122, 4.2.2.13), and
  /// the peer may lose what was sent to it. A program that answers and closes while its peer still
  /// sends gives `lingering`.
  ///
  /// - Parameter lingering: Ends the sending half, and drops what the peer still sends until it has
  ///   ended too, within this limit; `nil` for a close at once behind the last byte.
  public func close(lingering: LingerLimit? = nil) {
    onLoop { stream in
      guard stream.closing == .open else { return }
      stream.closing = .draining
      stream.madeExtras.linger = lingering
      stream.failReceiver(.closed)
      if stream.receiving.state == .reading {
        stream.loop.core.cancel(stream.receiving.token)
      }
      if stream.sending.isDrained { return stream.continueClosing() }
      stream.setCloseDeadline(stream.loop.configuration.drainTimeLimit)
    }
  }

  /// Closes the stream at once: queued sends are lost, and their senders are told.
  public func abort() {
    onLoop { $0.stopOperations() }
  }

  private func setCloseDeadline(_ duration: Duration) {
    removeCloseDeadline()
    madeExtras.closeDeadline = loop.openWait(for: self, timeout: duration)
  }

  private func removeCloseDeadline() {
    guard let deadline = extras?.closeDeadline else { return }
    extras?.closeDeadline = nil
    loop.discard(deadline)
  }

  /// Goes on to close when nothing is left to send.
  func continueClosing() {
    guard closing == .draining else { return }
    guard let linger = extras?.linger, sending.refusal == nil || sending.state == .finished,
      !receiving.hasEnded
    else { return stopOperations() }
    closing = .lingering
    setCloseDeadline(linger.duration)
    receiving.dropAll(loop.receiveQueues)
    receiving.isPaused = false
    if sending.state != .finished { requestFinish() }
    wantBytes()
  }

  /// Counts bytes that a lingering close drops.
  func countLingering(_ byteCount: Int) {
    guard closing == .lingering, let linger = extras?.linger else { return }
    extras?.linger?.byteCount = linger.byteCount - byteCount
    if linger.byteCount < byteCount { stopOperations() }
  }

  /// Asks everything that is with the kernel to end.
  func stopOperations() {
    guard !closing.isStopping else { return }
    closing = .stopping
    failReceiver(.closed)
    perform(sendEvent(.aborted))
    perform(receiveEvent(.stopped))
    if receiving.state == .confirming { loop.core.cancel(receiving.token) }
    finishClosingIfDone()
  }

  /// Closes the descriptor, once nothing of the stream is with the kernel.
  func finishClosingIfDone() {
    guard closing == .stopping, operationCount == 0, sending.state != .enlisted else { return }
    closing = .releasing
    endPieces(.all, .closed)
    tellFinished(.closed)
    failReceiver(.closed)
    receiving.dropAll(loop.receiveQueues)
    removeCloseDeadline()
    removeReadDeadline()
    removeWatch()
    tellRoom()
    operationCount += 1
    if extras?.isGivenAway != true, loop.beginClose(descriptor, owner: self) { return }
    // Later, because the caller still uses the stream, and the registry may have the last reference.
    loop.performLater { [self] in didClose() }
  }

  func didClose() {
    operationCount -= 1
    closing = .closed
    if descriptor.isDirect { loop.streams.places.giveBack() }
    loop.streams.streamClosed()
    forgetAccepted()
    loop.registry.remove(self)
    for wait in extras?.closers ?? [] { loop.finish(wait) }
    for special in extras?.specialSends ?? [] { special.end() }
    tellClosed()
  }

  /// Ends the wait of the task that receives; a receive into its memory goes back first.
  private func failReceiver(_ failure: StreamFailure) {
    guard let receiver = receiving.receiver, receiving.state != .reading else { return }
    fail(receiver.wait, failure)
  }
}
