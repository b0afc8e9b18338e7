// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage

/// Holds threads up until it is opened; for what blocks, which no task may.
package final class Gate: Sendable {
  private let pair: SocketPair

  package init() {
    do throws(Errno) {
      pair = try SocketPair()
    } catch {
      fatalError("no gate: \(error)")
    }
  }

  /// Blocks the calling thread until the gate is open.
  package func wait() {
    var state = pollfd(fd: pair.near.rawValue, events: Int16(POLLIN), revents: 0)
    while unsafe poll(&state, 1, -1) < 0 {}
  }

  /// Lets all threads go on, for good.
  package func open() {
    var byte: UInt8 = 0
    require(unsafe write(pair.far.rawValue, &byte, 1) == 1)
  }
}
