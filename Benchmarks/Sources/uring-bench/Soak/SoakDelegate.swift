// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Uring

/// A client's end of a connection without a task: keeps two messages on their way and checks what
/// comes back.
final class SoakDelegate: SocketDelegate, @unchecked Sendable {
  // Unchecked: used on the loop's thread only.

  private let content: SoakContent
  private let start: Int
  private let size: Int
  private let total: Int
  private let tally: SoakTally
  /// Called once, when the connection is closed.
  private let whenClosed: @Sendable (Result<Void, any Error>) -> Void
  private var sent = 0
  private var received = 0
  private var failure: (any Error)?

  init(
    count: Int, size: Int, _ content: SoakContent, from start: Int, _ tally: SoakTally,
    closed: @escaping @Sendable (Result<Void, any Error>) -> Void
  ) {
    self.content = content
    self.start = start
    self.size = size
    total = count * size
    self.tally = tally
    whenClosed = closed
    super.init()
  }

  override func opened(_ stream: SocketStream) {
    stream.setIdleLimits(IdleLimits(both: SoakPeer.patience))
    // Above the high mark a stream stops receiving, and an echo that nobody takes stops its server
    // from reading: two long messages must be below it.
    stream.setUnsentMarks(low: 2 * size, high: 4 * size)
    sendNext(stream)
    sendNext(stream)
  }

  private func sendNext(_ stream: SocketStream) {
    guard sent < total else { return }
    let position = (start + sent) % ContentTable.period
    let bytes = content.bytes
    unsafe stream.enqueue(copying: bytes.span.bytes.extracting(position..<(position + size)))
    sent += size
  }

  override func received(_ lease: consuming BufferLease, on stream: SocketStream) {
    let matching = content.matchingCount(
      lease.bytes, from: (start + received) % ContentTable.period)
    let count = lease.byteCount
    guard matching == count, received + count <= sent else {
      failure = failure ?? SoakFault.wrongByte(at: received + matching)
      return stream.abort()
    }
    let wholeCount = (received + count) / size - received / size
    received += count
    tally.add { counts in
      counts.bytes += UInt64(count)
      counts.messages += UInt64(wholeCount)
    }
    for _ in 0..<wholeCount { sendNext(stream) }
    if received == total { stream.finishSending() }
  }

  override func ended(_ error: SocketError?, on stream: SocketStream) {
    if let error {
      failure = failure ?? (error.isTimeout ? SoakFault.stalled(error) : error)
    } else if received < total {
      failure = failure ?? SoakFault.endedEarly(at: received, of: total)
    }
    stream.close()
  }

  override func closed(_ stream: SocketStream) {
    whenClosed(failure.map { .failure($0) } ?? .success(()))
  }
}
