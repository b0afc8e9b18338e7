// SPDX-License-Identifier: Apache-2.0

import SystemPackage

extension Errno {
  /// The kernel's name and number, and the exception that Python makes of it.
  var inFull: String {
    switch self {
    case .resourceTemporarilyUnavailable:
      "EAGAIN = EWOULDBLOCK (\(rawValue)), Python's BlockingIOError"
    case .nowInProgress: "EINPROGRESS (\(rawValue)), Python's BlockingIOError"
    case .alreadyInProcess: "EALREADY (\(rawValue)), Python's BlockingIOError"
    case .socketIsConnected: "EISCONN (\(rawValue)), Python's OSError"
    default: "errno \(rawValue)"
    }
  }

  /// The same after a timeout, of which Python makes another exception.
  var inFullAfterTimeout: String {
    switch self {
    case .resourceTemporarilyUnavailable: "EAGAIN (\(rawValue)), Python's TimeoutError"
    case .nowInProgress: "EINPROGRESS (\(rawValue)), Python's TimeoutError"
    default: "errno \(rawValue)"
    }
  }
}
