// SPDX-License-Identifier: Apache-2.0

internal import Uring

// The queue of a sending half.
extension SendHalf {
  @inline(__always)
  mutating func append(_ piece: consuming SendPiece, _ storage: QueueStorage<SendPiece>) {
    let byteCount = piece.byteCount
    pieces.append(piece, lentBy: storage)
    pieces.changeAccount { $0.byteCount += byteCount }
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
    pieces.changeAccount { $0.byteCount -= piece.byteCount }
    if pieces.isEmpty { pieces.giveBack(to: storage) }
    return EndedPiece(piece)
  }
}
