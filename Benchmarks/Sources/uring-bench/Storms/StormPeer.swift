// SPDX-License-Identifier: Apache-2.0

/// One connection of a storm.
struct StormPeer {
  enum State: UInt8 {
    /// Not begun.
    case idle
    /// connect(2) is under way.
    case connecting
    case open
    /// Its sending half has ended; the server's end is awaited.
    case finishing
    /// Closed on purpose.
    case ended
    /// Failed, and counted as such.
    case dead
  }

  var descriptor: Int32 = -1
  var state = State.idle
  /// Whether epoll watches for room to send.
  var watchesRoom = false
  /// Bytes that it is to send and to receive back.
  var allowed = 0
  /// Bytes that the kernel has taken.
  var sent = 0
  /// Bytes that have come back.
  var received = 0

  /// Whether it has an echo to come.
  var isOwed: Bool { received < allowed }
}
