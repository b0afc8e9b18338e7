// SPDX-License-Identifier: Apache-2.0

internal import Uring

// How a stream and its delegate meet and part.
extension SocketStream {
  /// Starts receiving for a delegate or a handler.
  ///
  /// Receives wait for bytes whatever the stream's policy, because nobody could be told that one
  /// would block; the policy is that of sends.
  ///
  /// - Parameter delegate: Is notified from now on, and kept until it was told that the stream is
  ///   closed. A stream has one, so a second call does nothing. On a stream that is closed already
  ///   it is told so at once.
  public func start(_ delegate: sending SocketDelegate) {
    nonisolated(unsafe) let delegate = delegate
    onLoop { stream in unsafe stream.attach(delegate) }
  }

  /// Starts receiving for a delegate; on the loop's thread.
  func attach(_ delegate: SocketDelegate) {
    guard handler == nil else { return }
    guard closing != .closed else {
      delegate.ended(error(.receive, .closed), on: self)
      return delegate.closed(self)
    }
    handler = delegate
    guard closing == .open else { return }
    delegate.opened(self)
    if extras?.hasListenerClosed == true { delegate.draining(self) }
    deliverKept()
    wantBytes()
  }

  /// Lets the delegate go, to which bytes are being delivered; a task takes them and what follows.
  ///
  /// The receive that is with the kernel waits for bytes as delegates want it. Under another policy
  /// than `.completion` it is cancelled, so that the task's receives are made as that policy says.
  func detachDelegate(keeping lease: consuming BufferLease) {
    assert(receiving.isEmpty, "what came before is to be taken first")
    handler = nil
    receiving.keep(lease, loop.receiveQueues)
    guard policy != .completion else { return }
    receiving.armsAhead = false
    perform(receiveEvent(.full))
  }

  /// Tells the delegate, once, how the receiving half ended.
  func tellEnd(_ failure: StreamFailure?, of operation: SocketOperation = .receive) {
    guard let handler, !hasToldEnd else { return }
    hasToldEnd = true
    handler.ended(failure.map { error(operation, $0) }, on: self)
  }

  /// Tells the delegate that the stream is closed, and parts with it.
  func tellClosed() {
    tellEnd(.closed)
    // Before the call, so that nothing can follow it.
    let delegate = handler
    handler = nil
    delegate?.closed(self)
    let follower = extras?.whenClosed
    extras = nil
    follower?()
  }
}
