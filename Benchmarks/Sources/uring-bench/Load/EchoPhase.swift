// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// Sending, receiving and checking messages.
extension EchoLoad {
  /// Begins `messages` on connection `index` at time `now`, behind those still being sent.
  @inline(__always)
  mutating func begin(_ messages: Int, on index: Int, at now: UInt64) {
    unsafe connections[index].waiting += messages
    push(index, at: now)
  }

  /// Hands bytes to the kernel until none are left or it takes no more.
  mutating func push(_ index: Int, at now: UInt64) {
    let connection = unsafe connections + index
    while true {
      if unsafe connection.pointee.unsent == 0 {
        let messages = unsafe connection.pointee.waiting
        if messages == 0 { return setAwaitsRoom(false, index) }
        unsafe stamp(connection, index, messages, now)
        unsafe connection.pointee.unsent = messages * messageBytes
        unsafe connection.pointee.waiting = 0
      }
      let position = unsafe connection.pointee.sendPosition
      let length = unsafe min(connection.pointee.unsent, ContentTable.span)
      let sent = unsafe send(
        connection.pointee.descriptor, table.from(position), length,
        Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
      if sent < 0 {
        if errno == EAGAIN { return setAwaitsRoom(true, index) }
        if errno == EINTR { continue }
        return lose(index, SystemFailure("send").description)
      }
      unsafe connection.pointee.sendPosition = ContentTable.advance(position, by: sent)
      unsafe connection.pointee.unsent -= sent
      unsafe connection.pointee.owed += sent
      owed += sent
    }
  }

  /// Takes what has arrived on connection `index`, checks it, and answers complete messages.
  mutating func receive(_ index: Int) {
    let connection = unsafe connections + index
    let received = unsafe recv(
      connection.pointee.descriptor, buffer, ContentTable.span, Int32(MSG_DONTWAIT))
    guard received > 0 else {
      if received < 0 && (errno == EAGAIN || errno == EINTR) { return }
      return lose(index, received == 0 ? "closed by the server" : SystemFailure("recv").description)
    }
    let now = MonotonicClock.now
    guard unsafe isExpected(connection, received) else {
      return unsafe reportDifference(connection, index, received)
    }
    unsafe connection.pointee.receivePosition = ContentTable.advance(
      connection.pointee.receivePosition, by: received)
    unsafe connection.pointee.owed -= received
    owed -= received
    unsafe connection.pointee.partial += received
    var complete = 0
    while unsafe connection.pointee.partial >= messageBytes {
      unsafe connection.pointee.partial -= messageBytes
      complete += 1
      unsafe answer(connection, index, now)
    }
    if complete > 0 && isSending { begin(complete, on: index, at: now) }
  }

  @inline(__always)
  private func isExpected(_ connection: UnsafeMutablePointer<LoadConnection>, _ count: Int) -> Bool
  {
    unsafe count <= connection.pointee.owed
      && memcmp(buffer, table.from(connection.pointee.receivePosition), count) == 0
  }

  /// Notes when `messages` were begun.
  @inline(__always)
  private func stamp(
    _ connection: UnsafeMutablePointer<LoadConnection>, _ index: Int, _ messages: Int, _ now: UInt64
  ) {
    var next = unsafe Int(connection.pointee.nextStamp)
    for _ in 0..<messages {
      unsafe stamps[index * depth + next] = now
      next = next + 1 == depth ? 0 : next + 1
    }
    unsafe connection.pointee.nextStamp = UInt16(truncatingIfNeeded: next)
  }

  /// Books one complete message.
  @inline(__always)
  private mutating func answer(
    _ connection: UnsafeMutablePointer<LoadConnection>, _ index: Int, _ now: UInt64
  ) {
    let oldest = unsafe Int(connection.pointee.oldestStamp)
    let begun = unsafe stamps[index * depth + oldest]
    unsafe connection.pointee.oldestStamp = UInt16(
      truncatingIfNeeded: oldest + 1 == depth ? 0 : oldest + 1)
    result.totalMessages += 1
    if isMeasuring {
      result.messages += 1
      result.latencies.record(now &- begun)
    }
  }

  /// Watches for room to send only while there is something to send.
  @inline(__always)
  private mutating func setAwaitsRoom(_ awaits: Bool, _ index: Int) {
    if unsafe connections[index].awaitsRoom == awaits { return }
    unsafe connections[index].awaitsRoom = awaits
    _ = watch(index, operation: EPOLL_CTL_MOD, room: awaits)
  }

  private mutating func lose(_ index: Int, _ reason: String) {
    result.shortConnections += 1
    drop(index, reason)
  }

  /// Counts the bytes from the first wrong one on, and gives the connection up: what follows a lost
  /// byte differs all the way.
  private mutating func reportDifference(
    _ connection: UnsafeMutablePointer<LoadConnection>, _ index: Int, _ count: Int
  ) {
    let expected = unsafe table.from(connection.pointee.receivePosition)
    let known = unsafe min(count, connection.pointee.owed)
    var good = 0
    while good < known,
      unsafe buffer.load(fromByteOffset: good, as: UInt8.self)
        == expected.load(fromByteOffset: good, as: UInt8.self)
    { good += 1 }
    result.badBytes += UInt64(count - good)
    drop(index, "\(count - good) bytes are not those sent")
  }
}
