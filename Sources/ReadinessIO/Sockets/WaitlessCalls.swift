// SPDX-License-Identifier: Apache-2.0

internal import CReadiness
internal import Glibc
internal import SystemPackage

/// System calls on descriptors in any mode, none of which waits; each answers a result or a negated
/// errno.
package enum WaitlessCalls {
  private static let dontWait = Int32(MSG_DONTWAIT)

  private static func answer(_ result: Int) -> Int32 {
    result < 0 ? -Glibc.errno : Int32(clamping: result)
  }

  /// recv(2).
  package static func receive(
    _ socket: Int32, _ memory: UnsafeMutableRawPointer?, _ byteCount: Int
  ) -> Int32 {
    answer(unsafe recv(socket, memory, byteCount, dontWait))
  }

  /// send(2) with `MSG_NOSIGNAL`: a peer that is gone is an answer, EPIPE, not a signal.
  package static func send(
    _ socket: Int32, _ memory: UnsafeRawPointer?, _ byteCount: Int
  ) -> Int32 {
    let flags = dontWait | Int32(MSG_NOSIGNAL)
    return answer(unsafe Glibc.send(socket, memory, byteCount, flags))
  }

  /// recvmsg(2) with `MSG_CMSG_CLOEXEC`, into the memory that a `msghdr` names.
  package static func receiveMessage(
    _ socket: Int32, _ header: UnsafeMutableRawPointer?, tellingFullLength: Bool
  ) -> Int32 {
    var flags = dontWait | Int32(MSG_CMSG_CLOEXEC)
    if tellingFullLength { flags |= Int32(MSG_TRUNC) }
    guard let header = unsafe header else { return -EFAULT }
    return answer(unsafe recvmsg(socket, header.assumingMemoryBound(to: msghdr.self), flags))
  }

  /// sendmsg(2) with `MSG_NOSIGNAL`.
  package static func sendMessage(
    _ socket: Int32, _ header: UnsafeMutableRawPointer?
  ) -> Int32 {
    let flags = dontWait | Int32(MSG_NOSIGNAL)
    guard let header = unsafe header else { return -EFAULT }
    return answer(unsafe sendmsg(socket, header.assumingMemoryBound(to: msghdr.self), flags))
  }

  /// accept4(2) with `SOCK_CLOEXEC`.
  ///
  /// - Parameters:
  ///   - listener: The listener, in non-blocking mode (``makeNonblocking(_:)``).
  ///   - memory: Room for a `sockaddr_storage` and, behind it, a `socklen_t` with its size; `nil` to
  ///     leave the peer's address.
  ///   - asNonblocking: Whether the connection is to be in non-blocking mode, which Linux does not
  ///     inherit.
  /// - Returns: The connection's descriptor.
  package static func accept(
    from listener: Int32, addressInto memory: UnsafeMutableRawPointer?,
    asNonblocking: Bool = false
  ) -> Int32 {
    let byteCount = unsafe memory.map { unsafe $0 + MemoryLayout<sockaddr_storage>.size }
    let mode = asNonblocking ? SOCK_NONBLOCK.rawValue : 0
    return answer(
      Int(
        unsafe creadiness_accept4(
          listener, memory, byteCount, Int32(SOCK_CLOEXEC.rawValue | mode))))
  }

  /// Puts an open file in non-blocking mode, for all who have it: fcntl(2), F_SETFL.
  ///
  /// - Returns: 0 or a negated errno.
  package static func makeNonblocking(_ descriptor: Int32) -> Int32 {
    let flags = fcntl(descriptor, F_GETFL)
    guard flags >= 0 else { return -Glibc.errno }
    if flags & O_NONBLOCK != 0 { return 0 }
    return answer(Int(fcntl(descriptor, F_SETFL, flags | O_NONBLOCK)))
  }

  /// poll(2): the events that a descriptor has now; an end of the peer's half is always told, as a
  /// ring does (IO_POLL_UNMASK).
  package static func poll(_ descriptor: Int32, mask: UInt32) -> Int32 {
    var entry = pollfd()
    entry.fd = descriptor
    entry.events = Int16(truncatingIfNeeded: mask | UInt32(EPOLLRDHUP.rawValue))
    let count = unsafe Glibc.poll(&entry, 1, 0)
    guard count >= 0 else { return -Glibc.errno }
    let invalid = entry.revents & Int16(POLLNVAL) != 0
    return invalid ? -EBADF : Int32(UInt16(bitPattern: entry.revents))
  }

  /// read(2) of what polls readable, in any mode of the file.
  package static func read(
    _ file: Int32, _ memory: UnsafeMutableRawPointer?, _ byteCount: Int
  ) -> Int32 {
    let events = poll(file, mask: UInt32(POLLIN))
    if events < 0 { return events }
    if events == 0 { return -EAGAIN }
    return answer(unsafe Glibc.read(file, memory, byteCount))
  }

  /// pread(2), or read(2) where there are no places; a disk may make it slow.
  package static func readFile(
    _ file: Int32, _ memory: UnsafeMutableRawPointer?, _ byteCount: Int, at offset: UInt64
  ) -> Int32 {
    guard offset != .max else { return unsafe read(file, memory, byteCount) }
    return answer(unsafe pread(file, memory, byteCount, off_t(truncatingIfNeeded: offset)))
  }

  /// close(2).
  package static func close(_ descriptor: Int32) -> Int32 {
    answer(Int(Glibc.close(descriptor)))
  }

  /// fcntl(2), F_DUPFD_CLOEXEC.
  package static func duplicate(_ descriptor: Int32) -> Int32 {
    answer(Int(fcntl(descriptor, F_DUPFD_CLOEXEC, 0)))
  }

  /// Whether a descriptor is a socket of TCP: getsockopt(2), SO_PROTOCOL.
  package static func isTCP(_ descriptor: Int32) -> Bool {
    var number: Int32 = 0
    var byteCount = socklen_t(MemoryLayout<Int32>.size)
    let result = unsafe getsockopt(descriptor, SOL_SOCKET, SO_PROTOCOL, &number, &byteCount)
    return result == 0 && number == Int32(IPPROTO_TCP)
  }
}
