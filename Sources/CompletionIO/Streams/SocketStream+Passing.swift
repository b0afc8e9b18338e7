// SPDX-License-Identifier: Apache-2.0

internal import Uring

// Receives through a pipe, for a task on the loop's thread.
extension SocketStream {
  /// The first result of a receive through a pipe, or the wait for it.
  enum Passed: ~Copyable {
    /// Bytes that had come into a buffer of the pool before.
    case bytes(BufferLease)
    /// So many bytes are in the pipe.
    case piped(Int)
    /// None: a receive into the pool's buffers has been ended first, or the attempt has moved nothing.
    case nothing
    case endOfStream
    case wait(WaitID)
  }

  /// Ends the receive into buffers of the pool, takes what that has brought, and then receives into
  /// a passage's pipe: one of the three at a call.
  func receive(
    through passage: PipePassage, isOwner: Bool
  ) throws(SocketError) -> Passed {
    if let refusal = receiveRefusal(isOwner) { throw refused(.receive, refusal) }
    atOnceCount &+= 1
    madeExtras.isPassing = true
    receiving.isPaused = true
    perform(receiveEvent(.full))
    guard receiving.isEmpty, !receiving.hasEnded else { return try takePassed() }
    let wait = loop.openWait(for: self, timeout: nil)
    atOnceCount = 0
    receiving.receiver = ReceiveHalf.Receiver(wait: wait)
    if receiving.isIdle { passage.begin() }
    return .wait(wait)
  }

  /// Takes the result of a wait for that.
  func finishPassing(_ result: WaitResult) throws(SocketError) -> Passed {
    receiving.receiver = nil
    if let failure = result.failure { throw error(.receive, failure) }
    if result.byteCount > 0 { return .piped(result.byteCount) }
    guard closing == .open else { throw error(.receive, .closed) }
    return try takePassed()
  }

  private func takePassed() throws(SocketError) -> Passed {
    if !receiving.isEmpty { return .bytes(receiving.takeFirst(loop.receiveQueues)) }
    switch receiving.end {
    case .failed(let failure): throw error(.receive, failure)
    case .endOfStream: return .endOfStream
    case nil: return .nothing
    }
  }

  /// Receives into buffers of the pool again.
  func stopPassing(through passage: PipePassage) {
    passage.giveBack()
    guard extras?.isPassing == true else { return }
    extras?.isPassing = false
    receiving.isPaused = false
    wantBytes()
  }

  /// Whether the receive that is with the kernel was asked to end.
  var isReceiveToEnd: Bool {
    receiving.isCancelRequested || receiving.receiver?.earlyEnd != nil || closing != .open
  }

  /// Takes the end of a receive that has brought nothing and says nothing of the socket.
  func didReceiveNothing() {
    operationCount -= 1
    if receiving.receiver?.earlyEnd != nil || closing != .open { failReading() }
    perform(receiveEvent(.answered(.nothing)))
    finishClosingIfDone()
  }
}
