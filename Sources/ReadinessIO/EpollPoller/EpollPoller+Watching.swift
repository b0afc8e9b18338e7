// SPDX-License-Identifier: Apache-2.0

internal import CReadiness
internal import Glibc
internal import SystemPackage

extension EpollPoller {
  /// Registers a descriptor for every event in edge mode, whether its number is known or not.
  ///
  /// Urgent data (`EPOLLPRI`) is among them: behind it a receive stops early, and no event comes
  /// for the rest (tcp_recvmsg_locked).
  ///
  /// - Parameters:
  ///   - descriptor: Its number is the token of its events.
  ///   - again: Whether a file of this number was registered before, and perhaps still is.
  /// - Returns: 0 or a negated errno.
  package mutating func watch(_ descriptor: Int32, again: Bool) -> Int32 {
    if again {
      let result = control(EPOLL_CTL_MOD, descriptor)
      // The file that was registered has been closed, and with it its registration.
      guard result == -ENOENT else { return result }
    }
    return control(EPOLL_CTL_ADD, descriptor)
  }

  private mutating func control(_ operation: Int32, _ descriptor: Int32) -> Int32 {
    let all: Interest = [.readable, .writable, .peerClosed, Interest(rawValue: EPOLLPRI.rawValue)]
    var event = unsafe epoll_event(
      events: all.rawValue | CREADINESS_EDGE,
      data: epoll_data_t(u64: UInt64(truncatingIfNeeded: descriptor)))
    kernelCallCount += 1
    return unsafe epoll_ctl(epoll.rawValue, operation, descriptor, &event) == 0
      ? 0 : -Glibc.errno
  }
}
