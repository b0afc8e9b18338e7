// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Counts the bytes of one direction of a connection, and checks that each arrives in its place.
package final class Flow: Sendable {
  /// How far one end of a flow has come.
  enum End: Hashable, Sendable {
    /// It has not ended.
    case open
    /// The sender has ended its half, or has closed and knows of no lost byte; the receiver has seen
    /// the end of the stream.
    case clean
    /// The connection has failed, or the program has given it up.
    case broken
    /// The sender has reset the connection before it had ended its half: that must be told.
    case reset
  }

  private struct State {
    /// Bytes that the sender knows to have been sent.
    var told = 0
    /// Bytes that sends have queued, and whose sending nobody has confirmed.
    var queued = 0
    /// Bytes of sends that have begun and not ended.
    var underway = 0
    var received = 0
    var sender = End.open
    var receiver = End.open
    /// Whether the sender has begun to do what ends its half.
    var isEnding = false
  }

  /// The name of the connection, which is in its first bytes.
  let connection: UInt64
  /// Where the bytes go; a part of each message.
  let direction: String
  private let state = Mutex(State())
  private let ledger: Ledger
  /// Whether the stream must not end well before its sender ends it: nobody stops the loops.
  private let hasOwnEndOnly: Bool

  init(
    _ connection: UInt64, _ direction: String, in ledger: Ledger, hasOwnEndOnly: Bool = false
  ) {
    self.connection = connection
    self.direction = direction
    self.ledger = ledger
    self.hasOwnEndOnly = hasOwnEndOnly
  }

  private var name: String { "connection \(connection), \(direction)" }

  /// Where the next byte to be sent belongs.
  var position: Int { state.withLock { $0.told + $0.queued + $0.underway } }

  /// A send begins.
  func offer(_ byteCount: Int) {
    state.withLock { $0.underway += byteCount }
  }

  /// A send has ended, having moved so many of its bytes.
  func settle(_ byteCount: Int, of offered: Int) {
    let problem: String? = state.withLock { state in
      state.underway -= offered
      state.told += byteCount
      return byteCount >= 0 && byteCount <= offered ? nil : "\(byteCount) bytes of \(offered)"
    }
    if let problem { ledger.violation("\(name): a send that moved \(problem)") }
    check()
  }

  /// A send has returned with its bytes queued.
  func queue(_ byteCount: Int) {
    state.withLock { state in
      state.underway -= byteCount
      state.queued += byteCount
    }
  }

  /// The sender was told that all queued bytes have been sent.
  func confirmQueued() {
    state.withLock { state in
      state.told += state.queued
      state.queued = 0
    }
  }

  /// Checks received bytes, which are the next ones.
  func receive(_ bytes: RawSpan) {
    let count = bytes.byteCount
    let (start, isSent) = state.withLock { state in
      defer { state.received += count }
      return (
        state.received, state.received + count <= state.told + state.queued + state.underway
      )
    }
    if !isSent { ledger.violation("\(name): more bytes arrived than were sent, at \(start)") }
    if !Content.matches(bytes, connection, from: start) {
      ledger.violation("\(name): wrong bytes among \(count) at \(start)")
    }
    ledger.note(connection, start + count)
  }

  /// Checks the bytes of an array.
  func receive(_ bytes: [UInt8]) {
    unsafe receive(bytes.span.bytes)
  }

  /// Bytes that have arrived.
  var receivedByteCount: Int { state.withLock { $0.received } }

  /// The sender does what may end its half.
  func senderIsEnding() {
    state.withLock { $0.isEnding = true }
  }

  /// The sender will send no more.
  func senderEnded(_ end: End) {
    state.withLock { state in
      if state.sender == .open { state.sender = end }
      state.isEnding = true
    }
    check()
  }

  /// Whether the receiver has seen the end of the stream.
  var hasReceivedAll: Bool { state.withLock { $0.receiver == .clean } }

  /// Whether the sender has not ended yet.
  var isSenderOpen: Bool { state.withLock { $0.sender == .open } }

  /// The receiver will receive no more.
  func receiverEnded(_ end: End) {
    state.withLock { if $0.receiver == .open { $0.receiver = end } }
    check()
  }

  /// The connection has failed in the other direction, so that an end of this one proves nothing.
  ///
  /// The kernel reports a reset once, to the operation that comes first. A receive after a send
  /// that has reported it sees an end like any other (tcp_recvmsg_locked).
  func receiverFailed() {
    state.withLock { $0.receiver = .broken }
  }

  /// Checks the count at the end of the stream: all bytes that the sender knows to have been sent
  /// have arrived, and beyond them at most those that were queued.
  private func check() {
    let state = state.withLock { $0 }
    if state.receiver == .clean, state.sender == .reset {
      ledger.violation("\(name): a stream that was reset ended well")
    }
    if hasOwnEndOnly, state.receiver == .clean, !state.isEnding {
      ledger.violation("\(name): the stream ended, and its sender had not ended it")
    }
    guard state.sender != .open, state.receiver == .clean, state.underway == 0 else { return }
    let most = state.told + state.queued
    guard state.received < state.told || state.received > most else { return }
    ledger.violation(
      "\(name): the stream ended after \(state.received) bytes; "
        + "its sender was told of \(state.told), and \(state.queued) were queued")
  }

  /// Checks how many bytes somebody between the two ends says to have carried from end to end.
  func checkCarried(_ byteCount: UInt64) {
    let state = state.withLock { $0 }
    let most = state.told + state.queued + state.underway
    if byteCount < state.told || byteCount > most {
      ledger.violation("\(name): \(byteCount) bytes were carried of \(state.told) to \(most)")
    }
  }

  /// Checks, after the episode, that every send that began has ended.
  func checkEnd() {
    let state = state.withLock { $0 }
    if state.underway != 0 { ledger.violation("\(name): a send of \(state.underway) never ended") }
  }
}
