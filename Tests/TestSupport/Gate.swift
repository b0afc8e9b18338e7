// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Holds threads up until it is opened; for what blocks, which no task may.
package final class Gate: Sendable {
  private let inner: Int32
  private let outer: Int32

  package init() {
    var ends: [Int32] = [-1, -1]
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    require(unsafe socketpair(AF_UNIX, type, 0, &ends) == 0)
    (inner, outer) = (ends[0], ends[1])
  }

  deinit {
    _ = close(inner)
    _ = close(outer)
  }

  /// Blocks the calling thread until the gate is open.
  package func wait() {
    var state = pollfd(fd: inner, events: Int16(POLLIN), revents: 0)
    while unsafe poll(&state, 1, -1) < 0 {}
  }

  /// Lets all threads go on, for good.
  package func open() {
    var byte: UInt8 = 0
    require(unsafe write(outer, &byte, 1) == 1)
  }
}
