// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Synchronization
import Uring

/// Every datagram of an episode: what was sent comes once, whole or told to be cut, or not at all.
final class DatagramLog: Sendable {
  /// Names a datagram and, as another direction of the same name, its echo.
  struct Name: Hashable, Sendable {
    var client: UInt32
    var number: UInt32
    var isEcho = false
  }

  private struct Entry {
    /// Bytes that were sent; an echo of a datagram that was cut has fewer than that had.
    var byteCount: Int
    var hasArrived = false
  }

  private struct State {
    var entries: [Name: Entry] = [:]
    var senders: [UInt32: SocketAddress] = [:]
    var lastClient: UInt32 = 0
    var emptySent = 0
    var emptyReceived = 0
    var arrivedCount = 0
    var untoldFailureCount = 0
  }

  /// Bytes at the start of each datagram that is not empty: its client, its number, its length.
  static let headerByteCount = 12

  private let ledger: Ledger
  private let state = Mutex(State())

  init(in ledger: Ledger) {
    self.ledger = ledger
  }

  /// Names a new client.
  func newClient(at address: SocketAddress?) -> UInt32 {
    state.withLock { state in
      state.lastClient += 1
      state.senders[state.lastClient] = address
      return state.lastClient
    }
  }

  // MARK: Sending

  /// The bytes of a datagram, which is about to be sent.
  func begin(_ name: Name, _ byteCount: Int) -> [UInt8] {
    guard byteCount > 0 else {
      state.withLock { $0.emptySent += 1 }
      return []
    }
    state.withLock { $0.entries[name] = Entry(byteCount: byteCount) }
    var bytes = Content.bytes(
      of: Self.stream(name), from: Content.headerByteCount, count: byteCount)
    for (word, number) in [name.client, name.number, UInt32(byteCount)].enumerated() {
      for byte in 0..<4 {
        bytes[word * 4 + byte] = UInt8(truncatingIfNeeded: number >> UInt32(byte * 8))
      }
    }
    return bytes
  }

  private static func stream(_ name: Name) -> UInt64 {
    UInt64(name.client) << 20 ^ UInt64(name.number)
  }

  /// An echo is about to be sent.
  func beginEcho(_ name: Name?, _ byteCount: Int) {
    guard var name else { return state.withLock { $0.emptySent += 1 } }
    name.isEcho = true
    state.withLock { $0.entries[name] = Entry(byteCount: byteCount) }
  }

  /// A datagram was not sent, as its sender was told.
  func fail(_ name: Name?) {
    guard let name else { return state.withLock { $0.emptySent -= 1 } }
    let hasArrived = state.withLock { $0.entries.removeValue(forKey: name)?.hasArrived ?? false }
    if hasArrived { ledger.violation("\(name) arrived, and its send failed") }
  }

  func failEcho(_ name: Name?) {
    var name = name
    name?.isEcho = true
    fail(name)
  }

  /// Sends have failed, and nobody was told which.
  func countUntoldFailures(_ count: Int) {
    state.withLock { $0.untoldFailureCount += count }
  }

  // MARK: Receiving

  /// Checks a datagram that has arrived.
  ///
  /// - Parameters:
  ///   - datagram: What has arrived.
  ///   - client: Whose echo it has to be; `nil` at a server.
  ///   - server: Where echoes come from.
  /// - Returns: Its name; `nil` for an empty one.
  func receive(
    _ datagram: borrowing Datagram, echoTo client: UInt32?, from server: SocketAddress? = nil
  ) -> Name? {
    let isEcho = client != nil
    let count = datagram.byteCount
    ledger.note(7, count)
    guard datagram.sentByteCount > 0 else {
      let isInvented = state.withLock { state in
        state.emptyReceived += 1
        return state.emptyReceived > state.emptySent
      }
      if isInvented { ledger.violation("an empty datagram came that nobody has sent") }
      return nil
    }
    guard count >= Self.headerByteCount else {
      if !datagram.isTruncated { ledger.violation("a datagram of \(count) bytes") }
      return nil
    }
    let words = (0..<3).map { word in
      (0..<4).reduce(UInt32(0)) {
        $0 | UInt32(datagram.bytes.byte(at: word * 4 + $1)) << UInt32($1 * 8)
      }
    }
    let name = Name(client: words[0], number: words[1], isEcho: isEcho)
    let (problem, sender) = arrive(name, datagram)
    if let problem { ledger.violation("\(name): \(problem)") }
    if let client, client != name.client {
      ledger.violation("\(name): the echo came to client \(client)")
    }
    let rest = datagram.bytes.extracting(Self.headerByteCount...)
    let place = Content.headerByteCount + Self.headerByteCount
    if !Content.matches(rest, Self.stream(name), from: place) {
      ledger.violation("\(name): wrong bytes")
    }
    let expected = isEcho ? server : sender
    if datagram.sender != expected {
      ledger.violation("\(name): from \(datagram.sender, default: "nobody")")
    }
    return name
  }

  private func arrive(
    _ name: Name, _ datagram: borrowing Datagram
  ) -> (problem: String?, sender: SocketAddress?) {
    let (count, sentCount, isCut) = (
      datagram.byteCount, datagram.sentByteCount, datagram.isTruncated
    )
    return state.withLock { state in
      let sender = state.senders[name.client]
      guard let entry = state.entries[name] else { return ("nobody has sent it", sender) }
      if entry.hasArrived { return ("it came twice", sender) }
      state.entries[name]?.hasArrived = true
      state.arrivedCount += 1
      if sentCount != entry.byteCount {
        return ("\(sentCount) bytes are told of \(entry.byteCount)", sender)
      }
      let isRight = isCut ? count < entry.byteCount : count == entry.byteCount
      return (isRight ? nil : "\(count) bytes of \(entry.byteCount), cut: \(isCut)", sender)
    }
  }

  // MARK: The end

  /// Datagrams that were sent and have not arrived, as far as nobody was told of it.
  var lostCount: Int {
    state.withLock { state in
      state.entries.count - state.arrivedCount - state.untoldFailureCount
        + state.emptySent - state.emptyReceived
    }
  }
}
