// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Synchronization

/// What a soak counts, on any thread.
final class SoakTally: Sendable {
  private let state = Mutex(SoakCounts())

  var counts: SoakCounts { state.withLock { $0 } }

  func add(_ change: (inout SoakCounts) -> Void) { state.withLock { change(&$0) } }

  /// Counts an error that a script or a peer has asked for.
  func expected(_ error: SocketError) {
    add { $0.expectedErrors[error.kind, default: 0] += 1 }
  }

  /// Counts an error that nothing explains, and keeps the first few in words.
  func unexpected(_ error: any Error, _ place: String) {
    add { counts in
      let socketError = (error as? RelayError)?.error ?? error as? SocketError
      let kind = socketError?.kind ?? "\(error)"
      counts.unexpectedErrors[kind, default: 0] += 1
      if let fault = error as? SoakFault, fault.isAboutBytes { counts.wrongCount += 1 }
      if counts.failures.count < 8 { counts.failures.append("\(place): \(error)") }
    }
  }
}

/// Counts of a soak so far.
struct SoakCounts: Codable, Equatable, Sendable {
  /// Messages that came back whole.
  var messages: UInt64 = 0
  /// Bytes that came back and are those sent.
  var bytes: UInt64 = 0
  /// Connections that clients have made.
  var connections: UInt64 = 0
  /// Of these, such as leave in a way that their servers may be told of as an error.
  var breaks: UInt64 = 0
  /// Errors of servers by which they learn that a peer has left.
  var serverResets: UInt64 = 0
  var datagrams: UInt64 = 0
  var lostDatagrams: UInt64 = 0
  /// Timers that have ended in time.
  var timers: UInt64 = 0
  /// Connections on which bytes were lost or changed.
  var wrongCount: UInt64 = 0
  /// Errors by kind: those of the soak's own making, and those that nothing explains.
  var expectedErrors: [String: UInt64] = [:]
  var unexpectedErrors: [String: UInt64] = [:]
  /// The first of these in words.
  var failures: [String] = []

  var expectedErrorCount: UInt64 { expectedErrors.values.reduce(0, +) }
  var unexpectedErrorCount: UInt64 { unexpectedErrors.values.reduce(0, +) }

  /// Ways in which a server learns that a peer has left: by its receive and by its send, on both
  /// sides of a relay and behind it.
  static let resetsOfBreak: UInt64 = 4

  /// Whether more servers were told of a reset than peers have left so.
  var hasUnexplainedResets: Bool { serverResets > breaks * Self.resetsOfBreak }
}
