// SPDX-License-Identifier: Apache-2.0

/// What the well-behaved peers found; travels as one line of JSON.
struct SteadyResult: Codable, Sendable {
  /// When the first message was due, on the monotonic clock, in nanoseconds.
  var begin: UInt64 = 0
  /// For each answered message when it was due, in microseconds from `begin`.
  var dues: [UInt32] = []
  /// And how long its answer took from then, in microseconds.
  var latencies: [UInt32] = []
  var wrongBytes: UInt64 = 0
  /// Connections that the server has left, or that failed.
  var lostConnections = 0
  /// Messages that were sent and not answered.
  var unansweredMessages = 0
  var firstFailure: String?

  var hasLosses: Bool { wrongBytes > 0 || lostConnections > 0 || unansweredMessages > 0 }

  mutating func note(_ failure: String) {
    if firstFailure == nil { firstFailure = failure }
  }
}
