// SPDX-License-Identifier: Apache-2.0

internal import ReadinessIO

// What poll(2) says of a socket.
extension SimulatedSocket {
  /// All that it is ready for, and what has befallen it.
  var readiness: Readiness {
    var events = isDatagram ? datagramReadiness : isUnix ? unixReadiness : streamReadiness
    if error != 0 { events.insert(.error) }
    guard !isDatagram, state != .connecting else { return events }
    if isAtEnd || isReceiveShut { events.insert(.peerClosed) }
    return events
  }

  /// Whether a receive, or an accept, has something to take.
  private var hasInput: Bool {
    isReceiveShut || !receiveQueue.isEmpty || (isUnix ? !acceptQueue.isEmpty : isAtEnd)
  }

  /// As tcp_poll tells it.
  private var streamReadiness: Readiness {
    switch state {
    case .connecting: return []
    case .listening: return acceptQueue.isEmpty ? [] : .readable
    case .idle, .dead:
      let isReadable = isReceiveShut || !receiveQueue.isEmpty
      return isReadable ? [.readable, .writable, .hangup] : [.writable, .hangup]
    case .connected:
      var events: Readiness = hasInput ? .readable : []
      if isWritable { events.insert(.writable) }
      if (isAtEnd || isReceiveShut) && isSendShut { events.insert(.hangup) }
      return events
    }
  }

  /// As unix_poll tells it.
  private var unixReadiness: Readiness {
    var events: Readiness = hasInput ? .readable : []
    if isWritable, hasRoom || state != .connected { events.insert(.writable) }
    if isReceiveShut && isSendShut || state == .idle { events.insert(.hangup) }
    return events
  }

  /// As udp_poll and unix_dgram_poll tell it.
  private var datagramReadiness: Readiness {
    var events: Readiness = datagrams.isEmpty ? [] : .readable
    if isWritable { events.insert(.writable) }
    return events
  }
}
