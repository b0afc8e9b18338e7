// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// Well-behaved peers: so many connections that send messages at a fixed rate, whatever the server
/// does.
///
/// A message's latency counts from the moment it was due, so that a server that stalls is not
/// spared the messages that it has held up. Plain epoll, nothing of the library under test.
@safe struct SteadyLoad: ~Copyable {
  static let messageBytes = 64

  let count: Int
  /// Nanoseconds between two messages, over all connections.
  let interval: UInt64
  let table = ContentTable()
  private var peers: [Peer]
  private var events = unsafe [epoll_event](repeating: epoll_event(), count: 128)
  private let epoll: Int32
  private let buffer: UnsafeMutableRawPointer
  private(set) var result = SteadyResult()

  private struct Peer {
    var descriptor: Int32
    /// Bytes of messages that were due.
    var due = 0
    var sent = 0
    var received = 0
    var watchesRoom = false
  }

  /// Connects them all, and has one byte echoed on each, which shows that the server has them.
  ///
  /// - Throws: ECONNREFUSED, EMFILE, ETIMEDOUT when a byte does not come back within ten seconds.
  init(server: IPv4Endpoint, count: Int, perSecond: Int) throws(SystemFailure) {
    self.count = count
    interval = 1_000_000_000 / UInt64(perSecond)
    epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
    peers = []
    unsafe buffer = .allocate(byteCount: ContentTable.span, alignment: 4096)
    result.dues.reserveCapacity(1 << 17)
    result.latencies.reserveCapacity(1 << 17)
    for index in 0..<count {
      let descriptor = try TCP.open(nonblocking: false)
      peers.append(Peer(descriptor: descriptor))
      TCP.setNoDelay(descriptor)
      TCP.setResetOnClose(descriptor)
      guard unsafe server.withSockaddr({ unsafe connect(descriptor, $0, $1) }) == 0 else {
        throw SystemFailure("connect \(server)")
      }
      watch(index, room: false, operation: EPOLL_CTL_ADD)
    }
    for index in 0..<count { try prime(index) }
  }

  private func prime(_ index: Int) throws(SystemFailure) {
    let descriptor = peers[index].descriptor
    let byte = unsafe table.from(ContentTable.start(of: index))
    guard unsafe send(descriptor, byte, 1, Int32(MSG_NOSIGNAL)) == 1 else {
      throw SystemFailure("first send")
    }
    var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard unsafe poll(&wait, 1, 10_000) == 1 else {
      throw SystemFailure("first echo", code: ETIMEDOUT)
    }
    guard unsafe recv(descriptor, buffer, 1, 0) == 1, unsafe memcmp(buffer, byte, 1) == 0 else {
      throw SystemFailure("first echo", code: EBADMSG)
    }
  }

  deinit {
    for peer in peers where peer.descriptor >= 0 { close(peer.descriptor) }
    close(epoll)
    unsafe buffer.deallocate()
  }

  /// Sends at the rate until `stop` can be read or no connection is left, then waits a while for the
  /// last answers.
  mutating func run(untilReadable stop: Int32) {
    var event = unsafe epoll_event()
    unsafe event.events = EPOLLIN.rawValue
    unsafe event.data.u64 = UInt64(count)
    _ = unsafe epoll_ctl(epoll, EPOLL_CTL_ADD, stop, &event)
    result.begin = MonotonicClock.now
    var next: UInt64 = 0
    var isStopping = false
    while !isStopping, result.lostConnections < count {
      while result.begin + next * interval <= MonotonicClock.now {
        sendNext(Int(next % UInt64(count)))
        next += 1
      }
      isStopping = turn(until: result.begin + next * interval)
    }
    _ = epoll_ctl(epoll, EPOLL_CTL_DEL, stop, nil)
    let deadline = MonotonicClock.now + 5_000_000_000
    while isOwed, MonotonicClock.now < deadline { _ = turn(until: deadline) }
    for peer in peers where peer.descriptor >= 0 {
      result.unansweredMessages += (peer.due - peer.received) / Self.messageBytes
    }
  }

  private var isOwed: Bool {
    peers.contains { $0.descriptor >= 0 && $0.received < $0.due }
  }

  /// Waits for events until `moment` at the latest, and takes them.
  ///
  /// - Returns: Whether it is time to stop.
  private mutating func turn(until moment: UInt64) -> Bool {
    let now = MonotonicClock.now
    let left = moment > now ? moment - now : 0
    var timeout = timespec(tv_sec: Int(left / 1_000_000_000), tv_nsec: Int(left % 1_000_000_000))
    // epoll_wait(2) counts in milliseconds, which is more than a message takes.
    let ready = unsafe epoll_pwait2(epoll, &events, Int32(events.count), &timeout, nil)
    var isStopping = false
    for slot in 0..<Int(max(0, ready)) {
      let (index, bits) = unsafe (Int(events[slot].data.u64), events[slot].events)
      if index == count {
        isStopping = true
      } else {
        if bits & EPOLLOUT.rawValue != 0 { push(index) }
        if bits & ~EPOLLOUT.rawValue != 0 { pull(index) }
      }
    }
    return isStopping
  }

  private mutating func sendNext(_ index: Int) {
    guard peers[index].descriptor >= 0 else { return }
    peers[index].due += Self.messageBytes
    push(index)
  }

  private mutating func push(_ index: Int) {
    let flags = Int32(MSG_NOSIGNAL | MSG_DONTWAIT)
    while peers[index].descriptor >= 0, peers[index].sent < peers[index].due {
      let start = unsafe table.from(position(index, peers[index].sent))
      let length = min(peers[index].due - peers[index].sent, ContentTable.span)
      let count = unsafe send(peers[index].descriptor, start, length, flags)
      if count < 0 {
        if errno == EINTR { continue }
        guard errno == EAGAIN else { return lose(index, SystemFailure("send").description) }
        if !peers[index].watchesRoom { watch(index, room: true) }
        return
      }
      peers[index].sent += count
    }
    if peers[index].watchesRoom { watch(index, room: false) }
  }

  private mutating func pull(_ index: Int) {
    guard peers[index].descriptor >= 0 else { return }
    let before = peers[index].received
    let count = unsafe recv(
      peers[index].descriptor, buffer, ContentTable.span, Int32(MSG_DONTWAIT))
    guard count > 0 else {
      if count < 0 && (errno == EAGAIN || errno == EINTR) { return }
      return lose(index, count == 0 ? "closed by the server" : SystemFailure("recv").description)
    }
    guard before + count <= peers[index].sent,
      unsafe memcmp(buffer, table.from(position(index, before)), count) == 0
    else {
      result.wrongBytes += UInt64(count)
      return lose(index, "\(count) bytes hold some that were not sent")
    }
    peers[index].received += count
    let now = MonotonicClock.now
    let messages = before / Self.messageBytes..<peers[index].received / Self.messageBytes
    for message in messages { record(message, index, now) }
  }

  /// Notes the answer to a connection's message.
  private mutating func record(_ message: Int, _ index: Int, _ now: UInt64) {
    let due = UInt64(message * count + index) * interval
    result.dues.append(UInt32(clamping: due / 1000))
    result.latencies.append(UInt32(clamping: (now - result.begin - due) / 1000))
  }

  private mutating func lose(_ index: Int, _ reason: String) {
    close(peers[index].descriptor)
    peers[index].descriptor = -1
    result.lostConnections += 1
    result.note("well-behaved peer \(index): \(reason)")
  }

  private mutating func watch(_ index: Int, room: Bool, operation: Int32 = EPOLL_CTL_MOD) {
    peers[index].watchesRoom = room
    var event = unsafe epoll_event()
    unsafe event.events = EPOLLIN.rawValue | (room ? EPOLLOUT.rawValue : 0)
    unsafe event.data.u64 = UInt64(index)
    _ = unsafe epoll_ctl(epoll, operation, peers[index].descriptor, &event)
  }

  /// Where a byte of the messages is in the content: the first byte of all was the greeting.
  private func position(_ index: Int, _ offset: Int) -> Int {
    (ContentTable.start(of: index) + 1 + offset) % ContentTable.period
  }
}
