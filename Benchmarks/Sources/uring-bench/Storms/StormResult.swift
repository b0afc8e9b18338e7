// SPDX-License-Identifier: Apache-2.0

/// What the peers of a storm found; travels as one line of JSON.
struct StormResult: Codable, Equatable, Sendable {
  /// Peers whose first byte came back.
  var served = 0
  /// Peers that never got that far, or that the server has left.
  var lostConnections = 0
  /// Bytes that are not those sent.
  var wrongBytes: UInt64 = 0
  /// Bytes that the kernel took and that never came back.
  var lostBytes: UInt64 = 0
  /// Bytes that came back and are those sent.
  var echoedBytes: UInt64 = 0
  /// Peers that had to wait until others had left.
  var waited = 0
  /// When the storm began and ended, on the monotonic clock, in nanoseconds.
  var begun: UInt64 = 0
  var ended: UInt64 = 0
  /// The first failure in words.
  var firstFailure: String?

  var hasLosses: Bool { lostConnections > 0 || wrongBytes > 0 || lostBytes > 0 }
}
