// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

/// The sending half of a stream: what is queued, and what is with the kernel.
///
/// It has no loop, no continuation and no clock: events go in, actions come out
/// (``transition(_:_:_:)``), and the stream performs them.
struct SendHalf: ~Copyable {
  private(set) var state = State.idle
  var pieces = LentQueue<SendPiece>()
  /// Bytes that are queued or with the kernel.
  var byteCount = 0
  /// The send or the end of the half that is with the kernel.
  var token = Token(rawValue: 0)
  /// Bytes of the send that is with the kernel; 0 for none.
  var inFlightByteCount: UInt32 = 0
  /// Whether the last send was cut short.
  ///
  /// Its part may have been told in place of a reset (io_send), and then a receive sees an end that
  /// is none. The next send that moves anything proves that there was no reset; one that moves
  /// nothing proves nothing: behind a reset that is told already it fails with EPIPE
  /// (sk_stream_error).
  var wasCut = false
  /// Whether the program has asked for the end of the half.
  var wantsFinish = false
  /// Whether any queued send is to end early.
  var hasEarlyEnds = false
  /// Whether pieces may be queued that take another request than a plain send.
  var holdsSpecial = false

  /// Whether nothing is queued.
  var isEmpty: Bool { pieces.isEmpty }

  /// Whether a send is with the kernel, or in its end.
  var isWithKernel: Bool {
    switch state {
    case .sending, .finishing: true
    case .idle, .enlisted, .finished, .failed: false
    }
  }

  /// Whether nothing is left to send, or nothing can be sent.
  var isDrained: Bool {
    switch state {
    case .idle: pieces.isEmpty && !wantsFinish
    case .finished, .failed: true
    case .enlisted, .sending, .finishing: false
    }
  }

  /// Whether something can be queued.
  @inline(__always)
  var isOpen: Bool {
    switch state {
    case .idle, .enlisted, .sending: !wantsFinish
    case .finishing, .finished, .failed: false
    }
  }

  /// Why nothing can be queued; `nil` while it can.
  var refusal: StreamFailure? {
    switch state {
    case .failed(let failure): failure
    case .finishing, .finished: .finished
    case .idle, .enlisted, .sending: wantsFinish ? .finished : nil
    }
  }

  /// Whether a reset may have been told to a send only.
  var mayHideReset: Bool {
    switch state {
    case .sending: true
    case .idle, .enlisted, .finishing, .failed: wasCut
    case .finished: false
    }
  }

  /// Takes note of what has happened, and decides what follows.
  @inline(__always)
  mutating func handle(_ event: Event, _ waiting: Waiting, isAborted: Bool) -> Action {
    if let action = handleUsual(event, waiting, isAborted: isAborted) { return action }
    return decide(event, waiting, isAborted: isAborted)
  }

  /// Decides nearly all events without the table, with which the shortcut agrees.
  @inline(__always)
  private mutating func handleUsual(
    _ event: Event, _ waiting: Waiting, isAborted: Bool
  ) -> Action? {
    let before = state
    let action: Action
    switch (before, event) {
    case (.idle, .queued): (state, action) = (.enlisted, .enlist)
    case (.idle, .started(let mode)): (state, action) = (.sending(mode), .none)
    case (.enlisted, .turn) where !isAborted && !pieces.isEmpty:
      (state, action) = (.idle, .send(mayWait: false))
    case (.sending, .answered(.done)) where pieces.isEmpty && !wantsFinish && !isAborted:
      (state, action) = (.idle, .none)
    default: return nil
    }
    assert(
      Self.transition(before, event, facts(event, waiting, isAborted: isAborted)).map {
        $0 == state && $1 == action
      } == true, "the shortcut disagrees about \(event) in \(before)")
    return action
  }

  private func facts(_ event: Event, _ waiting: Waiting, isAborted: Bool) -> Facts {
    Facts(
      isEmpty: pieces.isEmpty, wantsFinish: wantsFinish, holdsUnawaited: holdsUnawaited(event),
      isAborted: isAborted, waiting: waiting)
  }

  @inline(never)
  private mutating func decide(_ event: Event, _ waiting: Waiting, isAborted: Bool) -> Action {
    let facts = facts(event, waiting, isAborted: isAborted)
    guard let (next, action) = Self.transition(state, event, facts) else {
      preconditionFailure("\(event) cannot happen to a sending half that is \(state)")
    }
    state = next
    return action
  }

  /// Looks only where the table asks for it.
  private func holdsUnawaited(_ event: Event) -> Bool {
    guard case .refused = event else { return false }
    for offset in 0..<pieces.count where !pieces[offset].isAwaited { return true }
    return false
  }

  // MARK: Pieces

  @inline(__always)
  mutating func append(_ piece: consuming SendPiece, _ storage: QueueStorage<SendPiece>) {
    byteCount += piece.byteCount
    pieces.append(piece, lentBy: storage)
  }

  /// Marks the send of a wait, which is to end early.
  ///
  /// - Returns: Whether it is queued here.
  mutating func mark(_ wait: WaitID, _ end: WaitEnd) -> Bool {
    var isQueued = false
    // All of its pieces: the memory of each is the caller's.
    for offset in 0..<pieces.count where pieces[offset].belongs(to: wait) {
      pieces[offset].earlyEnd = end
      hasEarlyEnds = true
      isQueued = true
    }
    return isQueued
  }

  /// Removes the mark of a flush that is to end early.
  ///
  /// - Returns: Whether it was queued here. What it waits for is not disturbed.
  mutating func removeFlush(_ wait: WaitID, _ storage: QueueStorage<SendPiece>) -> Bool {
    for offset in 0..<pieces.count where pieces[offset].recipient == .flush(wait) {
      _ = remove(at: offset, storage)
      return true
    }
    return false
  }

  /// Takes the next piece that has ended: sent, cancelled as it was asked to be, or failed.
  ///
  /// - Parameters:
  ///   - filter: Which pieces have ended, besides those whose last byte is out.
  ///   - storage: Takes the queue's memory when nothing is left in it.
  /// - Returns: What is to be told of it; `nil` if no piece has ended.
  @inline(__always)
  mutating func removeNext(
    _ filter: Ended, _ storage: QueueStorage<SendPiece>
  ) -> EndedPiece? {
    if pieces.isEmpty { return nil }
    if pieces[0].byteCount == 0 { return removeFirst(storage) }
    return removeUnsent(filter, storage)
  }

  /// Takes the first piece, which has failed while the others have not.
  mutating func removeFailed(_ storage: QueueStorage<SendPiece>) -> EndedPiece {
    assert(inFlightByteCount == 0, "the kernel still has the piece")
    return remove(at: 0, storage)
  }

  /// Takes the next piece behind the first that was asked to end early.
  mutating func removeMarkedBehindFirst(_ storage: QueueStorage<SendPiece>) -> EndedPiece? {
    for offset in 1..<max(1, pieces.count) where pieces[offset].earlyEnd != nil {
      return remove(at: offset, storage)
    }
    return nil
  }

  /// Takes the next piece that has ended before its last byte was out.
  @inline(never)
  private mutating func removeUnsent(
    _ filter: Ended, _ storage: QueueStorage<SendPiece>
  ) -> EndedPiece? {
    guard filter != .sent, inFlightByteCount == 0 else { return nil }
    for offset in 0..<pieces.count where filter.includes(pieces[offset]) {
      return remove(at: offset, storage)
    }
    if filter != .awaited { hasEarlyEnds = false }
    return nil
  }

  /// Which pieces of a half have ended.
  enum Ended {
    /// Those whose last byte is out.
    case sent
    /// Those that were asked to end early, too.
    case cancelled
    /// Those that somebody waits for, too.
    case awaited
    /// All.
    case all

    fileprivate func includes(_ piece: borrowing SendPiece) -> Bool {
      switch self {
      case .sent: return false
      case .cancelled: return piece.earlyEnd != nil
      case .awaited: return piece.isAwaited
      case .all: return true
      }
    }
  }

  @inline(__always)
  private mutating func removeFirst(_ storage: QueueStorage<SendPiece>) -> EndedPiece {
    let ended = EndedPiece(pieces[0])
    pieces.dropFirst()
    if pieces.isEmpty { pieces.giveBack(to: storage) }
    return ended
  }

  private mutating func remove(
    at offset: Int, _ storage: QueueStorage<SendPiece>
  ) -> EndedPiece {
    let piece = pieces.remove(at: offset)
    byteCount -= piece.byteCount
    if pieces.isEmpty { pieces.giveBack(to: storage) }
    return EndedPiece(piece)
  }
}
