// SPDX-License-Identifier: Apache-2.0

public import SystemPackage

/// The failure of an operation of a ``NonblockingSocket``.
public enum NonblockingSocketError: Error, Hashable, Sendable {
  /// A blocking socket would wait here. Nothing was lost; ask again once the socket is ready.
  ///
  /// The errno is EAGAIN (which is EWOULDBLOCK) for accept, receive and send; for connect
  /// EINPROGRESS (it has begun), EALREADY (an earlier one goes on) or, on a Unix-domain socket
  /// whose listener's queue is full, EAGAIN (it has not begun).
  case wouldBlock(Operation, Errno)
  /// The operation failed.
  case failed(Operation, Errno)

  /// The operation that was asked for.
  public enum Operation: String, Hashable, Sendable {
    /// socket(2).
    case open
    /// setsockopt(2).
    case setOption
    /// bind(2).
    case bind
    /// listen(2).
    case listen
    /// accept4(2).
    case accept
    /// connect(2).
    case connect
    /// recv(2).
    case receive
    /// send(2).
    case send
    /// shutdown(2).
    case shutdown
    /// close(2).
    case close
  }

  /// Whether a blocking socket would wait.
  public var isWouldBlock: Bool {
    switch self {
    case .wouldBlock: true
    case .failed: false
    }
  }

  /// The operation that was asked for.
  public var operation: Operation {
    switch self {
    case .wouldBlock(let operation, _), .failed(let operation, _): operation
    }
  }

  /// The kernel's answer.
  public var errno: Errno {
    switch self {
    case .wouldBlock(_, let errno), .failed(_, let errno): errno
    }
  }
}

extension NonblockingSocketError {
  /// Tells would-block answers from failures.
  init(_ operation: Operation, _ errno: Errno) {
    self =
      switch (operation, errno) {
      case (.accept, .resourceTemporarilyUnavailable),
        (.receive, .resourceTemporarilyUnavailable),
        (.send, .resourceTemporarilyUnavailable),
        (.connect, .resourceTemporarilyUnavailable),
        (.connect, .nowInProgress),
        (.connect, .alreadyInProcess):
        .wouldBlock(operation, errno)
      default:
        .failed(operation, errno)
      }
  }
}

extension NonblockingSocketError: CustomStringConvertible {
  /// The operation and the errno in one line.
  public var description: String {
    switch self {
    case .wouldBlock(let operation, let errno):
      "\(operation) would block: \(errno) (\(errno.rawValue))"
    case .failed(let operation, let errno):
      "\(operation) failed: \(errno) (\(errno.rawValue))"
    }
  }
}
