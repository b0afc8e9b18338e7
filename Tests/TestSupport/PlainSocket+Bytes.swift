// SPDX-License-Identifier: Apache-2.0

import Glibc
package import SystemPackage

extension PlainSocket {
  /// Sends as much as there is room for; returns how much.
  @discardableResult
  package func send(_ bytes: [UInt8]) -> Int {
    let flags = Int32(MSG_NOSIGNAL | MSG_DONTWAIT)
    return max(0, unsafe Glibc.send(descriptor, bytes, bytes.count, flags))
  }

  /// Sends everything, however long that takes.
  package func send(all bytes: [UInt8]) throws(Errno) {
    var sentCount = 0
    while sentCount < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { memory in
        let rest = unsafe UnsafeRawBufferPointer(rebasing: memory[sentCount...])
        return unsafe Glibc.send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
      }
      guard count >= 0 || errno == EINTR else { throw Errno(rawValue: errno) }
      sentCount += max(0, count)
    }
  }

  /// Receives exactly so many bytes, or fewer at the end of the stream.
  ///
  /// A receive returns early when a signal interrupts it, even with MSG_WAITALL (recv(2)), or when
  /// a ring that was made on this thread has work for it (`TIF_NOTIFY_SIGNAL`).
  package func receive(exactly byteCount: Int) throws(Errno) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: byteCount)
    var receivedCount = 0
    while receivedCount < byteCount {
      let count = unsafe bytes.withUnsafeMutableBytes { memory in
        let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: memory[receivedCount...])
        return unsafe recv(descriptor, rest.baseAddress, rest.count, Int32(MSG_WAITALL))
      }
      guard count >= 0 || errno == EINTR else { throw Errno(rawValue: errno) }
      if count == 0 { break }
      receivedCount += max(0, count)
    }
    return Array(bytes[..<receivedCount])
  }

  /// How many bytes have come and wait to be received (tcp(7), SIOCINQ).
  package var unreadByteCount: Int32 {
    var count: Int32 = 0
    _ = unsafe ioctl(descriptor, UInt(FIONREAD), &count)
    return count
  }
}
