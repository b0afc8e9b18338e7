// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Sending, receiving and checking bytes.
extension StormPeers {
  /// Has a peer send more bytes, behind those it is sending.
  mutating func allow(_ byteCount: Int, _ index: Int) {
    guard unsafe peers[index].state == .open else { return }
    if unsafe !peers[index].isOwed { owedCount += 1 }
    unsafe peers[index].allowed += byteCount
    push(index)
  }

  /// Has a peer send no more than it has sent.
  mutating func stopAsking(_ index: Int) {
    guard unsafe peers[index].state == .open, unsafe peers[index].isOwed else { return }
    unsafe peers[index].allowed = peers[index].sent
    if unsafe !peers[index].isOwed { owedCount -= 1 }
    watch(index, room: false)
  }

  /// Hands bytes to the kernel until none are left or it takes no more.
  mutating func push(_ index: Int) {
    let peer = unsafe peers + index
    while unsafe peer.pointee.sent < peer.pointee.allowed {
      let position = unsafe position(index, peer.pointee.sent)
      let length = unsafe min(peer.pointee.allowed - peer.pointee.sent, ContentTable.span)
      let count = unsafe send(
        peer.pointee.descriptor, table.from(position), length, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
      if count < 0 {
        if errno == EINTR { continue }
        guard errno == EAGAIN else { return lose(index, SystemFailure("send").description) }
        if unsafe !peer.pointee.watchesRoom { watch(index, room: true) }
        return
      }
      unsafe peer.pointee.sent += count
      movedBytes += UInt64(count)
    }
    if unsafe peer.pointee.watchesRoom { watch(index, room: false) }
  }

  /// Takes what has come for a peer, and checks it.
  mutating func pull(_ index: Int, atMost limit: Int) {
    let peer = unsafe peers + index
    let count = unsafe recv(
      peer.pointee.descriptor, buffer, min(limit, ContentTable.span), Int32(MSG_DONTWAIT))
    guard count > 0 else {
      if count < 0 && (errno == EAGAIN || errno == EINTR) { return }
      if count == 0, unsafe peer.pointee.state == .finishing { return end(index) }
      return lose(
        index, count == 0 ? "closed by the server" : SystemFailure("recv").description)
    }
    let known = unsafe min(count, peer.pointee.sent - peer.pointee.received)
    let matching = unsafe matchingCount(known, position(index, peer.pointee.received))
    take(matching, index)
    guard matching < count else { return }
    result.wrongBytes += UInt64(count - matching)
    lose(index, "\(count - matching) bytes are not those sent")
  }

  /// Books bytes that came back.
  private mutating func take(_ count: Int, _ index: Int) {
    guard count > 0 else { return }
    let peer = unsafe peers + index
    if unsafe peer.pointee.received == 0 {
      openingCount -= 1
      result.served += 1
    }
    unsafe peer.pointee.received += count
    result.echoedBytes += UInt64(count)
    movedBytes += UInt64(count)
    if unsafe !peer.pointee.isOwed { owedCount -= 1 }
  }

  /// How many of the first `count` bytes of the buffer are the content from `position` on.
  private func matchingCount(_ count: Int, _ position: Int) -> Int {
    let expected = unsafe table.from(position)
    if unsafe memcmp(buffer, expected, count) == 0 { return count }
    var matching = 0
    while unsafe buffer.load(fromByteOffset: matching, as: UInt8.self)
      == expected.load(fromByteOffset: matching, as: UInt8.self)
    { matching += 1 }
    return matching
  }

  private func position(_ index: Int, _ offset: Int) -> Int {
    (ContentTable.start(of: index) + offset) % ContentTable.period
  }
}
