// SPDX-License-Identifier: Apache-2.0

/// One connection of the load generator.
struct LoadConnection {
  enum State: UInt8 {
    /// connect(2) is under way.
    case connecting
    /// One byte was sent to prove that the server answers; its echo is awaited.
    case priming
    case ready
    /// Failed, and counted as such.
    case dead
  }

  var descriptor: Int32 = -1
  var state = State.connecting
  /// Whether it sends; the others stay idle.
  var isActive = false
  /// Whether epoll watches for room to send.
  var awaitsRoom = false
  /// Oldest of its send times still unanswered, and where the next one goes.
  var oldestStamp: UInt16 = 0
  var nextStamp: UInt16 = 0
  /// Messages to begin as soon as the one being sent is out.
  var waiting = 0
  /// Bytes of begun messages that the kernel has not taken yet.
  var unsent = 0
  /// Bytes the kernel has taken that have not come back.
  var owed = 0
  /// Bytes received of the message being received.
  var partial = 0
  /// Places in the content table.
  var sendPosition = 0
  var receivePosition = 0

  /// Messages of `size` bytes that were begun and have not come back; a part of one counts.
  func messages(of size: Int) -> Int { waiting + (unsent + owed + size - 1) / size }
}
