// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

// The bytes of a send, and the kernel's answer.
extension SendHalf {
  /// Gathers as much as one send may carry.
  ///
  /// - Parameters:
  ///   - limit: In bytes (``LoopConfiguration/sendByteLimit``).
  ///   - descriptor: The socket.
  ///   - message: Called for a `msghdr`, if there are several pieces.
  /// - Returns: The request, and how it is to be with the kernel.
  @inline(__always)
  mutating func gather(
    upTo limit: Int, to descriptor: Descriptor, _ message: () -> GatheredMessage
  ) -> (request: Request, mode: Mode) {
    if pieces.count == 1 {
      let count = min(pieces[0].byteCount, limit)
      pieces.changeAccount { $0.inFlightByteCount = UInt32(truncatingIfNeeded: count) }
      return (
        .send(at: pieces[0].address, byteCount: count, to: descriptor),
        pieces[0].isPooled ? .trying : .waiting
      )
    }
    return gatherSeveral(upTo: limit, to: descriptor, message())
  }

  private mutating func gatherSeveral(
    upTo limit: Int, to descriptor: Descriptor, _ message: GatheredMessage
  ) -> (request: Request, mode: Mode) {
    var byteCount = 0
    var pieceCount = 0
    let plainCount = holdsSpecial ? plainPieceCount : pieces.count
    while pieceCount < min(plainCount, GatheredMessage.pieceLimit) {
      let room = limit - byteCount
      guard room > 0 else { break }
      // An empty piece has its place, or the first piece of a send could be missing.
      let count = min(pieces[pieceCount].byteCount, room)
      message.set(pieceCount, address: pieces[pieceCount].address, byteCount: count)
      byteCount += count
      pieceCount += 1
    }
    inFlightByteCount = UInt32(byteCount)
    let request = message.send(pieceCount: pieceCount, byteCount: byteCount, to: descriptor)
    return (request, mode(of: pieceCount))
  }

  /// Plain pieces before the first of another form.
  private var plainPieceCount: Int {
    for offset in 0..<pieces.count where pieces[offset].form != .plain { return offset }
    return pieces.count
  }

  /// Readies the first piece for being sent by itself.
  ///
  /// - Returns: Its form; `.plain` once a message's descriptors have gone with its first byte.
  mutating func prepareSpecial() -> SendPiece.Form {
    if pieces[0].form == .message, pieces[0].sentByteCount > 0 { pieces[0].becomePlain() }
    if plainPieceCount == pieces.count { holdsSpecial = false }
    return pieces[0].form
  }

  private func mode(of pieceCount: Int) -> Mode {
    for offset in 0..<pieceCount where pieces[offset].isPooled { return .trying }
    return .waiting
  }

  /// Whether some pieces stay behind what one send has gathered, so that they would wait for a peer
  /// with it.
  var hasMoreThanInFlight: Bool { byteCount > Int(inFlightByteCount) }

  /// Moves everything out of the pool, whose buffers must not wait for a peer.
  ///
  /// - Returns: How many pieces were copied.
  mutating func copyOut() -> Int {
    var count = 0
    for offset in 0..<pieces.count where pieces[offset].isPooled {
      pieces[offset].copyOut()
      count += 1
    }
    return count
  }

  /// Moves the last piece out of the pool, because a send that waits for the peer is before it.
  ///
  /// - Returns: Whether it was copied.
  @inline(__always)
  mutating func copyLastOut() -> Bool {
    guard isWaitingForPeer, pieces[pieces.count - 1].isPooled else { return false }
    pieces[pieces.count - 1].copyOut()
    return true
  }

  /// Takes note of the bytes that a send has moved, whose memory is the stream's again.
  mutating func settle(_ count: UInt32) {
    if count > 0 {
      wasCut = false
      if count < inFlightByteCount, isWaitingForPeer { wasCut = true }
    }
    guard !pieces.isEmpty else { return }
    pieces.changeAccount {
      $0.inFlightByteCount = 0
      $0.byteCount -= Int(count)
    }
    var left = Int(count)
    var offset = 0
    while left > 0 {
      let part = min(left, pieces[offset].byteCount)
      pieces[offset].removeFirst(part)
      left -= part
      offset += 1
    }
  }

  /// Says what an answer of the kernel means to a send.
  func answer(to outcome: Outcome, isAborted: Bool) -> Answer {
    if outcome.result >= 0 { return outcome.byteCount < inFlightByteCount ? .part : .done }
    let failure = StreamFailure(
      code: outcome.result, attempts: Int32(clamping: outcome.attempts))
    if outcome.error == .resourceTemporarilyUnavailable { return .wouldBlock(failure) }
    // The answer to a cancel; said by itself it is a failure like any other.
    if hasEarlyEnds || isAborted, outcome.isTransient {
      let isCancel = outcome.error == .canceled || outcome.error == .interrupted
      return isCancel ? .done : .part
    }
    return .failed(failure)
  }
}
