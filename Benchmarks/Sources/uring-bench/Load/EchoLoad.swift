// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// The connections of one worker process and everything the measuring loop touches, allocated once.
///
/// Plain epoll and nonblocking sockets, level-triggered; nothing of the library under test.
@safe struct EchoLoad: ~Copyable {
  static let eventCapacity = 512

  let shape: LoadShape
  /// `shape.size` and `shape.pipeline` without the cost of reading an option's property wrapper.
  let messageBytes: Int
  let depth: Int
  /// Number of this worker's first connection, counted over all workers.
  let first: Int
  let count: Int
  let table = ContentTable()
  let connections: UnsafeMutablePointer<LoadConnection>
  /// `depth` send times for each connection, used as a ring.
  let stamps: UnsafeMutablePointer<UInt64>
  let events: UnsafeMutablePointer<epoll_event>
  let buffer: UnsafeMutableRawPointer
  let epoll: Int32
  var result = WorkerResult()
  /// Whether messages that complete now are inside the window.
  var isMeasuring = false
  /// Whether an answer is followed by the next message.
  var isSending = false
  /// Bytes owed over all connections.
  var owed = 0
  /// Where connections take turns: the idle ones, the longest idle first.
  var idle = IndexQueue(capacity: 0)
  /// Where connections take turns: messages begun since `result` was last empty.
  var begunMessages = 0

  /// - Throws: EMFILE, ENOMEM.
  init(shape: LoadShape, first: Int, count: Int) throws(SystemFailure) {
    let epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
    guard epoll >= 0 else { throw SystemFailure("epoll_create1") }
    self.epoll = epoll
    self.shape = shape
    messageBytes = shape.size
    depth = shape.pipeline
    self.first = first
    self.count = count
    unsafe connections = .allocate(capacity: count)
    unsafe connections.initialize(repeating: LoadConnection(), count: count)
    unsafe stamps = .allocate(capacity: count * depth)
    unsafe stamps.initialize(repeating: 0, count: count * depth)
    unsafe events = .allocate(capacity: Self.eventCapacity)
    unsafe events.initialize(repeating: epoll_event(), count: Self.eventCapacity)
    unsafe buffer = .allocate(byteCount: ContentTable.span, alignment: 4096)
  }

  deinit {
    for index in 0..<count {
      let descriptor = unsafe connections[index].descriptor
      if descriptor >= 0 { close(descriptor) }
    }
    close(epoll)
    unsafe connections.deallocate()
    unsafe stamps.deallocate()
    unsafe events.deallocate()
    unsafe buffer.deallocate()
  }

  /// Waits for events.
  ///
  /// - Returns: how many of `events` are filled.
  func wait(milliseconds: Int32) -> Int {
    Int(max(0, unsafe epoll_wait(epoll, events, Int32(Self.eventCapacity), milliseconds)))
  }

  /// Waits for events, to the nanosecond.
  ///
  /// - Returns: how many of `events` are filled.
  func wait(nanoseconds: UInt64) -> Int {
    Int(
      max(
        0,
        unsafe clinux_wait_for_events(
          epoll, events, Int32(Self.eventCapacity), Int(clamping: nanoseconds))))
  }

  /// Watches connection `index` for bytes, and for room to send if told.
  func watch(_ index: Int, operation: Int32, room: Bool) -> Bool {
    var event = unsafe epoll_event()
    unsafe event.events = EPOLLIN.rawValue | (room ? EPOLLOUT.rawValue : 0)
    unsafe event.data.u64 = UInt64(index)
    return unsafe epoll_ctl(epoll, operation, connections[index].descriptor, &event) == 0
  }

  /// Takes connection `index` out of the run.
  mutating func drop(_ index: Int, _ reason: @autoclosure () -> String) {
    let connection = unsafe connections + index
    unsafe close(connection.pointee.descriptor)
    unsafe connection.pointee.descriptor = -1
    unsafe connection.pointee.state = .dead
    unsafe result.lostMessages += connection.pointee.messages(of: messageBytes)
    unsafe owed -= connection.pointee.owed
    unsafe connection.pointee.owed = 0
    unsafe connection.pointee.unsent = 0
    unsafe connection.pointee.waiting = 0
    note("connection \(first + index): \(reason())")
  }

  /// Keeps the first failure in words; the rest are only counted.
  mutating func note(_ failure: String) {
    if result.firstFailure == nil { result.firstFailure = failure }
  }
}
