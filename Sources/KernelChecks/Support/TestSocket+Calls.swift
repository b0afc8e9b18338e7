// SPDX-License-Identifier: Apache-2.0

internal import CLiburing
internal import Glibc
internal import SystemPackage

/// The other end's part, by plain system calls.
extension TestSocket {
  /// Writes all bytes, which must fit into the socket's buffers.
  func write(_ bytes: [UInt8]) throws(Finding) {
    let count = unsafe send(descriptor, bytes, bytes.count, CURING_MSG_NOSIGNAL)
    guard count == bytes.count else {
      throw .skipped("send of \(bytes.count) bytes gives \(count), errno \(errno)")
    }
  }

  func write(_ text: String) throws(Finding) {
    try write([UInt8](text.utf8))
  }

  /// The result of a receive that does not wait.
  enum Reading: Hashable {
    case bytes(Int)
    case end
    case wouldBlock
    case failure(Int32)
  }

  /// Receives what is there, at most so many bytes.
  func read(limit: Int = 4096) -> Reading {
    var bytes = [UInt8](repeating: 0, count: limit)
    let count = unsafe recv(descriptor, &bytes, limit, CURING_MSG_DONTWAIT)
    if count > 0 { return .bytes(count) }
    if count == 0 { return .end }
    return errno == EAGAIN ? .wouldBlock : .failure(errno)
  }

  /// Waits until bytes, an end or a connection can be taken; whether that came to be.
  func waitUntilReadable() -> Bool {
    wait(for: Int16(POLLIN))
  }

  /// Waits for any of some poll(2) events.
  func wait(for events: Int16) -> Bool {
    var entry = pollfd(fd: descriptor, events: events, revents: 0)
    return unsafe poll(&entry, 1, 10_000) == 1
  }

  func shutDown() {
    _ = shutdown(descriptor, Int32(SHUT_RDWR))
  }

  /// Sends no more; the other end sees the end of the stream.
  func endSending() {
    _ = shutdown(descriptor, Int32(SHUT_WR))
  }

  /// Closes so that the other end is reset: SO_LINGER with no time (socket(7)).
  func reset() throws(Finding) {
    var option = linger(l_onoff: 1, l_linger: 0)
    _ = try Self.must(
      "setsockopt",
      unsafe setsockopt(
        descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size)))
    close()
  }

  func setOption(_ name: Int32, _ value: Int32) throws(Finding) {
    var value = value
    _ = try Self.must(
      "setsockopt",
      unsafe setsockopt(
        descriptor, SOL_SOCKET, name, &value, socklen_t(MemoryLayout<Int32>.size)))
  }

  func option(_ name: Int32) throws(Finding) -> Int32 {
    var value: Int32 = 0
    var byteCount = socklen_t(MemoryLayout<Int32>.size)
    _ = try Self.must(
      "getsockopt", unsafe getsockopt(descriptor, SOL_SOCKET, name, &value, &byteCount))
    return value
  }

  func setNonblocking() throws(Finding) {
    let flags = try Self.must("fcntl", fcntl(descriptor, F_GETFL))
    _ = try Self.must("fcntl", fcntl(descriptor, F_SETFL, flags | O_NONBLOCK))
  }

  var isClosedOnExec: Bool { fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0 }
}
