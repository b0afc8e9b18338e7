// SPDX-License-Identifier: Apache-2.0

/// A report of a send that has ended.
struct EndedPiece {
  let recipient: SendPiece.Recipient
  let sentByteCount: Int
  let unsentByteCount: Int
  let earlyEnd: WaitEnd?

  @inline(__always)
  init(_ piece: borrowing SendPiece) {
    recipient = piece.recipient
    sentByteCount = piece.sentByteCount
    unsentByteCount = piece.byteCount
    earlyEnd = piece.earlyEnd
  }

  /// Whether its last byte is out.
  var isSent: Bool { unsentByteCount == 0 }
}
