// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

/// What a socket of datagrams sends: a queue, of which a window is with the kernel.
///
/// The sends of a window are tried without waiting, in the order of the queue. When the socket takes
/// no more, those that it has not taken go back to their places, and the first of them waits alone,
/// so that none overtakes it. It has no loop and no clock: the socket performs its steps.
struct DatagramSending: ~Copyable {
  private var datagrams = RingQueue<OutgoingDatagram>()
  /// The number of the first in the queue; they are numbered by their order.
  private var firstNumber: UInt = 0
  /// Where the next that was not tried may be.
  private var nextOffset = 0
  /// Bytes that the kernel has not taken.
  private(set) var byteCount = 0
  /// Datagrams that have not ended.
  private(set) var count = 0
  private(set) var flyingCount = 0
  private(set) var pace = Pace.free
  /// Whether the socket has asked for a turn before the next submission.
  var isEnlisted = false
  private var blocks = MessageBlocks()

  /// How fast datagrams go to the kernel.
  enum Pace: Equatable {
    /// As many at a time as the window has.
    case free
    /// No more until all that fly have been answered: the socket takes none.
    case blocked
    /// One, for which the kernel waits.
    case waiting
  }

  /// The next step.
  enum Step: Equatable {
    case none
    /// Sends the next one; with `mayWait` the kernel may wait for room.
    case send(mayWait: Bool)
  }

  /// Decides what follows; pure.
  ///
  /// - Parameters:
  ///   - pace: How fast datagrams go.
  ///   - flyingCount: Datagrams that are with the kernel.
  ///   - queuedCount: Datagrams that wait for their turn.
  ///   - window: Datagrams that may be with the kernel.
  /// - Returns: The next step.
  static func step(_ pace: Pace, flyingCount: Int, queuedCount: Int, window: Int) -> Step {
    guard queuedCount > 0 else { return .none }
    switch pace {
    case .free: return flyingCount < window ? .send(mayWait: false) : .none
    case .blocked: return flyingCount == 0 ? .send(mayWait: true) : .none
    case .waiting: return .none
    }
  }

  /// The next step of this queue.
  func step(window: Int) -> Step {
    Self.step(pace, flyingCount: flyingCount, queuedCount: count - flyingCount, window: window)
  }

  /// Memory for another datagram's address and control messages.
  mutating func takeBlock() -> MessageBlock { blocks.take() }

  mutating func append(_ datagram: consuming OutgoingDatagram) {
    byteCount += datagram.byteCount
    count += 1
    datagrams.append(datagram)
  }

  /// A datagram that is not at an end.
  subscript(offset: Int) -> OutgoingDatagram {
    _read { yield datagrams[offset] }
    _modify { yield &datagrams[offset] }
  }

  /// Places in the queue, also of datagrams that have ended behind one that has not.
  var placeCount: Int { datagrams.count }

  /// The place of the next one to send.
  mutating func nextPlace() -> Int? {
    while nextOffset < datagrams.count {
      if datagrams[nextOffset].state == .queued { return nextOffset }
      nextOffset += 1
    }
    return nil
  }

  /// The number by which an answer finds a place again.
  func number(of place: Int) -> UInt { firstNumber &+ UInt(place) }

  func place(of number: UInt) -> Int { Int(number &- firstNumber) }

  /// Takes note of a datagram that is with the kernel now.
  mutating func began(_ place: Int, _ token: Token, waits: Bool) {
    datagrams[place].state = .flying(token)
    flyingCount += 1
    nextOffset = place + 1
    if waits { pace = .waiting }
  }

  /// Takes note that the kernel has answered a datagram.
  ///
  /// - Returns: Whether it was one that the kernel was to wait for.
  mutating func answered() -> Bool {
    flyingCount -= 1
    guard pace == .waiting else { return false }
    pace = .free
    return true
  }

  /// Puts a datagram back that the socket did not take.
  mutating func putBack(_ place: Int) {
    datagrams[place].state = .queued
    nextOffset = min(nextOffset, place)
    pace = .blocked
  }

  /// Ends a datagram, and forgets it when all before it have ended.
  mutating func end(_ place: Int) {
    byteCount -= datagrams[place].byteCount
    count -= 1
    datagrams[place].end()
    if count == 0 { pace = .free }
    while let first = firstState, first == .ended {
      let datagram = datagrams.removeFirst()
      blocks.put(datagram.block)
      firstNumber &+= 1
      nextOffset = max(0, nextOffset - 1)
    }
  }

  private var firstState: OutgoingDatagram.State? {
    datagrams.isEmpty ? nil : datagrams[0].state
  }

  /// The number behind the last one in the queue.
  var endNumber: UInt { firstNumber &+ UInt(datagrams.count) }

  /// Whether all datagrams before a number have ended.
  func hasEnded(before number: UInt) -> Bool {
    // By the difference, because numbers wrap.
    Int(bitPattern: number &- firstNumber) <= 0
  }

  /// The place of a wait's datagram.
  ///
  /// - Complexity: O(n)
  func place(of wait: WaitID) -> Int? {
    (0..<datagrams.count).first {
      datagrams[$0].recipient == .wait(wait) && datagrams[$0].state != .ended
    }
  }

  /// Copies what waits out of buffers of the pool.
  ///
  /// - Returns: How many buffers have come free.
  mutating func copyOut() -> Int {
    var copiedCount = 0
    for place in 0..<datagrams.count where datagrams[place].copyOut() { copiedCount += 1 }
    return copiedCount
  }
}
