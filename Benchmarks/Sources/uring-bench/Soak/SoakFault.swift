// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import SystemPackage

/// What must not happen on a connection of a soak.
enum SoakFault: Error, CustomStringConvertible {
  /// A byte is not the one that was sent, or was never sent.
  case wrongByte(at: Int)
  /// The stream has ended before all bytes had come back.
  case endedEarly(at: Int, of: Int)
  /// Nothing has come, or gone out, for as long as ``SoakPeer/patience``.
  case stalled(SocketError)
  /// A receive had bytes where none were sent.
  case bytesFromNowhere(Int)
  /// A datagram is not the one that was sent.
  case wrongDatagram
  /// A timer has ended before its time, or after it was cancelled.
  case wrongTimer

  var description: String {
    switch self {
    case .wrongByte(let offset): "byte \(offset) is not the one that was sent"
    case .endedEarly(let offset, let total): "the stream ended at byte \(offset) of \(total)"
    case .stalled(let error): "nothing moved for \(SoakPeer.patience): \(error)"
    case .bytesFromNowhere(let count): "\(count) bytes came that were not sent"
    case .wrongDatagram: "a datagram is not the one that was sent"
    case .wrongTimer: "a timer ended before its time, or after it was cancelled"
    }
  }

  /// Whether bytes were lost or changed.
  var isAboutBytes: Bool {
    switch self {
    case .wrongByte, .endedEarly, .stalled, .bytesFromNowhere, .wrongDatagram: true
    case .wrongTimer: false
    }
  }
}

extension SocketError {
  /// Whether the operation's own deadline ended it.
  var isTimeout: Bool { cause == .timeout }

  /// Whether its task's cancellation ended it.
  var isCancellation: Bool { cause == .cancellation }

  /// Whether the peer has reset the connection, or takes no more bytes.
  ///
  /// A half-close of a connection that the peer has reset says ENOTCONN.
  var meansPeerLeft: Bool {
    guard cause == .kernel else { return false }
    return errno == .connectionReset || errno == .brokenPipe
      || (operation == .shutdown && errno == .socketNotConnected)
  }

  /// The operation and why it failed, without what differs from one connection to the next.
  var kind: String { "\(operation.rawValue) \(cause == .kernel ? "\(errno)" : "\(cause)")" }
}
