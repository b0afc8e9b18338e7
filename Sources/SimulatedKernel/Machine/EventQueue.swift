// SPDX-License-Identifier: Apache-2.0

internal import Uring

/// Events to come, earliest first: a binary heap.
///
/// Events of one time happen in the order in which they were added.
struct EventQueue {
  private struct Entry {
    var time: UInt64
    var number: UInt64
    var event: Event

    func comes(before other: Entry) -> Bool {
      time != other.time ? time < other.time : number < other.number
    }
  }

  private var heap: [Entry] = []
  private var lastNumber: UInt64 = 0

  /// When the next event happens.
  var nextTime: UInt64? { heap.first?.time }

  /// - Complexity: O(log n)
  mutating func add(_ event: Event, at time: UInt64) {
    lastNumber += 1
    heap.append(Entry(time: time, number: lastNumber, event: event))
    var index = heap.count - 1
    while index > 0, heap[index].comes(before: heap[(index - 1) / 2]) {
      heap.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  /// Takes timeouts out that are next and have ended before their time.
  mutating func dropEndedTimeouts() {
    while let first = heap.first, case .expire(let timer) = first.event, timer.phase == .ended {
      _ = popDue(at: first.time)
    }
  }

  /// Takes out an event whose time has come.
  ///
  /// - Complexity: O(log n)
  mutating func popDue(at now: UInt64) -> Event? {
    guard let first = heap.first, first.time <= now else { return nil }
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    var index = 0
    while true {
      var child = 2 * index + 1
      guard child < heap.count else { break }
      if child + 1 < heap.count, heap[child + 1].comes(before: heap[child]) { child += 1 }
      guard heap[child].comes(before: heap[index]) else { break }
      heap.swapAt(index, child)
      index = child
    }
    return first.event
  }
}

/// Something that happens by itself, without a request.
enum Event {
  /// Bytes, or the end of the stream, travel from a socket to its peer.
  case transfer(SimulatedSocket)
  /// A datagram reaches an address.
  case arrive(SimulatedDatagram, at: SocketAddress)
  /// A connecting socket's SYN reaches its listener, for so many-th time.
  case handshake(SimulatedSocket, attempt: Int)
  /// Whoever watches a socket is told of what had come before.
  case news(SimulatedSocket)
  /// A watch that was to notice late does so.
  case notice(SimulatedWatch)
  /// A request that was to wake up late does so.
  case wake(ArmedRequest)
  /// The time of a timeout is up.
  case expire(ArmedRequest)
  /// A request that a cancel found at work stops working.
  case interrupt(ArmedRequest)
  /// A zero-copy send lets go of its memory.
  case notify(ZeroCopyNotice)
  /// Happens for nobody: ends a wait.
  case nothing

  /// Whether whom it is for has ended before.
  var isOver: Bool {
    switch self {
    case .wake(let request), .expire(let request), .interrupt(let request): request.phase == .ended
    case .notice(let watch): watch.isOver
    case .news(let socket): socket.isReleased
    case .transfer, .arrive, .handshake, .notify, .nothing: false
    }
  }
}
