// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing
import Uring

@testable import CompletionIO

/// The documentation's table of errnos and operations, written down a second time.
enum PolicyTable {
  /// A column: one kind of request.
  enum Column: Int, CaseIterable, Sendable {
    case accept, acceptMany
    case receive, receivePooled, receiveMany, receiveMessage, receiveMessages
    case send, sendMessage, sendZeroCopy, connect, connectUnix, read, poll

    var operation: Uring.Operation {
      switch self {
      case .accept, .acceptMany: .accept
      case .receive, .receivePooled, .receiveMany: .receive
      case .receiveMessage, .receiveMessages: .receiveMessage
      case .send: .send
      case .sendMessage: .sendMessage
      case .sendZeroCopy: .sendZeroCopy
      case .connect, .connectUnix: .connect
      case .read: .read
      case .poll: .poll
      }
    }

    var options: Request.Options {
      switch self {
      case .acceptMany: .multishot
      case .receivePooled, .receiveMessage: .selectBuffer
      case .receiveMany, .receiveMessages: [.selectBuffer, .multishot]
      default: []
      }
    }

    var facts: Answer.Facts {
      switch self {
      case .connectUnix: .unixDomain
      case .receiveMessage, .receiveMessages: .datagram
      default: []
      }
    }
  }

  /// What a cell says.
  enum Cell: Character, Sendable {
    /// The caller hears of it.
    case terminal = "."
    /// Whatever the policy does with a would-block answer.
    case wouldBlock = "W"
    /// The same of a Unix-domain connect: under `.completion` again after a pause, as often as it
    /// takes.
    case backlogFull = "U"
    /// Again at once, a limited number of times.
    case again = "R"
    /// Again at once, then with pauses, as often as it takes: the next connection is another one.
    case gone = "G"
    /// Again after a pause, a limited number of times.
    case pause = "B"
    /// Again after a pause, as often as it takes: a resource will come back.
    case scarce = "S"
    /// Again once a descriptor is closed, or after a pause.
    case descriptor = "F"
    /// Again once a buffer comes back.
    case buffer = "E"
    /// A connect goes on by itself: wait for writability.
    case writability = "P"
    /// The same, but `.nonblocking` shows it.
    case inProgress = "Q"
    /// A connect is over: SO_ERROR decides.
    case pendingError = "C"
    /// Once more without what is not supported.
    case drop = "D"
  }

  struct Row: Sendable, CustomTestStringConvertible {
    let error: Errno
    let cells: [Cell]

    init(_ error: Errno, _ cells: String) {
      self.error = error
      self.cells = cells.compactMap { Cell(rawValue: $0) }
      precondition(self.cells.count == Column.allCases.count, "a row of \(self.cells.count)")
    }

    subscript(column: Column) -> Cell { cells[column.rawValue] }

    var testDescription: String { "\(error)" }
  }

  static let rows: [Row] = [
    // Columns in the order of their cases: accept, receive with messages, send, connect, read, poll.
    Row(.resourceTemporarilyUnavailable, "W W   W W W W W   W W W   Q U   . ."),
    Row(.nowInProgress, "                 . .   . . . . .   W W W   Q Q   . ."),
    Row(.alreadyInProcess, "              . .   . . . . .   W W W   Q Q   . ."),
    Row(.socketIsConnected, "             . .   . . . . .   . . .   C C   . ."),
    Row(.interrupted, "                   R R   R R R R R   R R R   P R   R R"),
    Row(.canceled, "                      . R   . . R . R   . . .   . .   . ."),
    Row(.timeout, "                       . .   . . . . .   . . .   . .   . ."),
    Row(.noBufferSpace, "                 S S   B E E E E   B B B   B B   . ."),
    Row(.noMemory, "                      S S   B B B B B   B B D   B B   . ."),
    Row(.connectionReset, "               . .   . . . . .   . . .   . .   . ."),
    Row(.brokenPipe, "                    . .   . . . . .   . . .   . .   . ."),
    Row(.timedOut, "                      . .   . . . . .   . . .   . .   . ."),
    Row(.socketNotConnected, "            . .   . . . . .   . . .   . .   . ."),
    Row(.connectionRefused, "             . .   . . . . .   . . .   . .   . ."),
    Row(.connectionAbort, "               G G   . . . . .   . . .   . .   . ."),
    Row(.protocolError, "                 G G   . . . . .   . . .   . .   . ."),
    Row(.notPermitted, "                  R R   . . . . .   . . .   . .   . ."),
    Row(.tooManyOpenFiles, "              F F   . . . . .   . . .   . .   . ."),
    Row(.tooManyOpenFilesInSystem, "      F F   . . . . .   . . .   . .   . ."),
    Row(.invalidArgument, "               . D   . . D . .   . . D   . .   . ."),
    Row(.notSupportedOnSocket, "          . .   . . . . .   . . D   . .   . ."),
    Row(.badFileDescriptor, "             . .   . . . . .   . . .   . .   . ."),
    Row(.notSocket, "                     . .   . . . . .   . . .   . .   . ."),
    Row(.permissionDenied, "              . .   . . . . .   . . .   . .   . ."),
    Row(.badAddress, "                    . .   . . . . .   . . .   . .   . ."),
    Row(Errno(rawValue: 77), "            . .   . . . . .   . . .   . .   . ."),  // EBADFD
    Row(.addressNotAvailable, "           . .   . . . . .   . . .   . .   . ."),
    Row(.ioError, "                       . .   . . . . .   . . .   . .   . ."),
  ]

  static let policies: [ResubmissionPolicy] = [
    .completion, .nonblocking, .backoff(initial: .milliseconds(3), limit: .milliseconds(20)),
    .retry(limit: 5),
  ]

  /// The pauses while somebody else has the next step: 1 ms doubled up to 16 ms.
  static func shortPause(_ attempt: Int) -> Duration {
    .milliseconds(1 << min(attempt - 1, 4))
  }

  /// The scarcity pauses: 1 ms doubled up to 100 ms.
  static func scarcityPause(_ attempt: Int) -> Duration {
    attempt > 7 ? .milliseconds(100) : .milliseconds(1 << (attempt - 1))
  }
}
