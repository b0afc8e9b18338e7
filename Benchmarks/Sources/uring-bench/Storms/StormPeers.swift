// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// The peers of a storm and everything they need, allocated once.
///
/// Plain epoll and nonblocking sockets, level-triggered; nothing of the library under test.
@safe struct StormPeers: ~Copyable {
  static let eventCapacity = 512

  let server: IPv4Endpoint
  let count: Int
  let shape: StormShape
  let table = ContentTable()
  let peers: UnsafeMutablePointer<StormPeer>
  let events: UnsafeMutablePointer<epoll_event>
  let buffer: UnsafeMutableRawPointer
  let epoll: Int32
  var result = StormResult()
  /// Whether peers read as soon as there is something.
  var isReading = true
  /// Whether the kernel is to keep little for each connection.
  var usesSmallBuffers = false
  /// Living peers that have an echo to come.
  var owedCount = 0
  /// Peers whose connection, or whose first byte, is under way.
  var openingCount = 0
  /// Peers that wait for the server's end.
  var finishingCount = 0
  /// Bytes that have gone out or come in, to see whether anything moves.
  var movedBytes: UInt64 = 0
  /// When whatever is still missing counts as lost, on the monotonic clock.
  var deadline = UInt64.max

  /// - Throws: EMFILE, ENOMEM.
  init(
    server: IPv4Endpoint, count: Int, shape: StormShape = StormShape()
  ) throws(SystemFailure) {
    let epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
    guard epoll >= 0 else { throw SystemFailure("epoll_create1") }
    self.epoll = epoll
    self.server = server
    self.count = count
    self.shape = shape
    unsafe peers = .allocate(capacity: count)
    unsafe peers.initialize(repeating: StormPeer(), count: count)
    unsafe events = .allocate(capacity: Self.eventCapacity)
    unsafe events.initialize(repeating: epoll_event(), count: Self.eventCapacity)
    unsafe buffer = .allocate(byteCount: ContentTable.span, alignment: 4096)
  }

  deinit {
    for index in 0..<count {
      let descriptor = unsafe peers[index].descriptor
      if descriptor >= 0 { close(descriptor) }
    }
    close(epoll)
    unsafe peers.deallocate()
    unsafe events.deallocate()
    unsafe buffer.deallocate()
  }

  /// Whether the time is over.
  var isLate: Bool { MonotonicClock.now >= deadline }

  /// Waits for events and does what each peer can do.
  mutating func turn(milliseconds: Int32) {
    let ready = unsafe epoll_wait(epoll, events, Int32(Self.eventCapacity), milliseconds)
    for slot in 0..<Int(max(0, ready)) {
      let (index, bits) = unsafe (Int(events[slot].data.u64), events[slot].events)
      switch unsafe peers[index].state {
      case .connecting: finishConnecting(index)
      case .open, .finishing:
        if bits & EPOLLOUT.rawValue != 0 { push(index) }
        // What was just sent may have shown that the server has gone.
        guard unsafe peers[index].descriptor >= 0 else { continue }
        if bits & ~EPOLLOUT.rawValue != 0 { pull(index, atMost: ContentTable.span) }
      case .idle, .ended, .dead: break
      }
    }
  }

  /// Takes turns until `isDone`, or until it is late.
  mutating func turn(until isDone: (borrowing StormPeers) -> Bool) {
    while !isDone(self), !isLate { turn(milliseconds: 20) }
  }

  /// Watches a peer: for bytes if it reads, for room to send if told.
  mutating func watch(_ index: Int, room: Bool, operation: Int32 = EPOLL_CTL_MOD) {
    let peer = unsafe peers + index
    unsafe peer.pointee.watchesRoom = room
    var event = unsafe epoll_event()
    unsafe event.events =
      (isReading ? EPOLLIN.rawValue : 0) | (room ? EPOLLOUT.rawValue : 0)
    unsafe event.data.u64 = UInt64(index)
    if unsafe epoll_ctl(epoll, operation, peer.pointee.descriptor, &event) != 0 {
      lose(index, SystemFailure("epoll_ctl").description)
    }
  }

  /// Has all peers read as soon as there is something, or not.
  mutating func setReading(_ isReading: Bool) {
    self.isReading = isReading
    for index in 0..<count where unsafe peers[index].state == .open {
      unsafe watch(index, room: peers[index].watchesRoom)
    }
  }

  /// Closes a peer on purpose.
  mutating func end(_ index: Int) {
    retire(index, as: .ended)
  }

  /// Counts a peer as lost, and what it is owed.
  mutating func lose(_ index: Int, _ reason: String) {
    result.lostConnections += 1
    unsafe result.lostBytes += UInt64(peers[index].sent - peers[index].received)
    if result.firstFailure == nil { result.firstFailure = "peer \(index): \(reason)" }
    retire(index, as: .dead)
  }

  private mutating func retire(_ index: Int, as state: StormPeer.State) {
    let peer = unsafe peers + index
    if unsafe peer.pointee.isOwed { owedCount -= 1 }
    if unsafe peer.pointee.received == 0, unsafe peer.pointee.state != .idle { openingCount -= 1 }
    if unsafe peer.pointee.state == .finishing { finishingCount -= 1 }
    if unsafe peer.pointee.descriptor >= 0 { unsafe close(peer.pointee.descriptor) }
    unsafe peer.pointee.descriptor = -1
    unsafe peer.pointee.state = state
  }

  /// Counts what has not come in time.
  mutating func loseUnfinished() {
    for index in 0..<count {
      switch unsafe peers[index].state {
      case .connecting: lose(index, "no connection in time")
      case .open where unsafe peers[index].isOwed: lose(index, "an echo did not come in time")
      case .finishing: lose(index, "the server did not end in time")
      case .idle, .open, .ended, .dead: break
      }
    }
  }
}
