// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

// How sends end, for those who wait for them.
extension SocketStream {
  /// Ends pieces: with success those that are out, with a failure the others.
  func endPieces(_ filter: SendHalf.Ended, _ failure: StreamFailure? = nil) {
    while let piece = sending.removeNext(filter, loop.sendQueues) {
      if piece.isSent, piece.recipient == .nobody { continue }
      tellEnd(of: piece, failure)
    }
  }

  @inline(never)
  func tellEnd(of piece: EndedPiece, _ failure: StreamFailure?) {
    if case .flush(let wait) = piece.recipient {
      // A mark has no bytes that could show whether those before it are out.
      return failure.map { fail(wait, $0) } ?? loop.finish(wait)
    }
    let end = piece.earlyEnd.map { StreamFailure($0) } ?? failure ?? .closed
    tell(piece.recipient, piece.isSent ? nil : end, sentByteCount: piece.sentByteCount)
  }

  func tell(
    _ recipient: SendPiece.Recipient, _ failure: StreamFailure?, sentByteCount: Int
  ) {
    switch recipient {
    case .nobody:
      if let failure, closing == .open, failure.cause != .finished { loseBytes(failure) }
    case .wait(let wait):
      guard let failure else { return loop.finish(wait) }
      fail(wait, failure, byteCount: partByteCount(of: wait) + sentByteCount)
    case .part(let wait):
      // The wait is open until the last piece of its send has ended.
      guard loop.core.waits.isOpen(wait) else { return }
      loop.core.waits[wait].result.byteCount += sentByteCount
    case .flush(let wait):
      if let failure { fail(wait, failure) } else { loop.finish(wait) }
    case .handler(let context):
      handler?.sent(
        SendCompletion(
          context: context, byteCount: sentByteCount,
          error: failure.map { error(.send, $0, byteCount: sentByteCount) }), on: self)
    case .file(let wait):
      tellEndOfFile(wait, failure, sentByteCount: sentByteCount)
    }
  }

  /// Bytes that went out of the earlier pieces of a wait's send.
  private func partByteCount(of wait: WaitID) -> Int {
    loop.core.waits.isOpen(wait) ? loop.core.waits[wait].result.byteCount : 0
  }

  func failSends(_ failure: StreamFailure) {
    if failure.isReset, case .alive = fate, !isUnixDomain { fate = .reset(failure) }
    if case .failed = sending.state {
      endPieces(.all, failure)
      tellFinished(failure)
    } else {
      endPieces(.awaited, failure)
      if sending.wantsFinish { perform(sendEvent(.finishRequested)) }
    }
  }

  /// Takes note that bytes which nobody waited for are lost: the stream has no good end, and the
  /// handler or the next operation is told why.
  private func loseBytes(_ failure: StreamFailure) {
    guard case .lostBytes = fate else {
      fate = .lostBytes(failure)
      // A connection that is gone ends by itself, behind the bytes that have arrived.
      let endsByItself = failure.isReset || failure.errno == .brokenPipe
      if isUnixDomain || !endsByItself { perform(receiveEvent(.stopped)) }
      return
    }
  }

  func tellFinished(_ failure: StreamFailure?) {
    if case .finished = sending.state {} else { sending.wantsFinish = false }
    guard let extras, !extras.finishers.isEmpty else { return }
    let finishers = extras.finishers
    extras.finishers = []
    for wait in finishers {
      if let failure { fail(wait, failure) } else { loop.finish(wait) }
    }
  }

  /// Whether the socket is a Unix-domain one, on which a hang-up says nothing of a reset: a peer
  /// that closes in good order hangs up too (unix_poll).
  var isUnixDomain: Bool {
    guard let address = localAddress ?? peerAddress else { return false }
    return address.port == nil
  }
}
