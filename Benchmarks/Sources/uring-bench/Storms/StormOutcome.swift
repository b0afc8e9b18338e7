// SPDX-License-Identifier: Apache-2.0

/// What one storm on one engine came to.
struct StormOutcome: Codable, Sendable {
  let engine: EngineName
  let storm: StormName
  /// Peers of the storm.
  let connections: Int
  var peers: StormResult?
  var latencies: StormLatencies?
  var memory: StormMemory?
  /// Open descriptors of the server before the peers came, and when they had gone.
  var descriptorsBefore: Int?
  var descriptorsAfter: Int?
  /// What the well-behaved peers have lost.
  var steadyWrongBytes: UInt64 = 0
  var steadyLostConnections = 0
  var steadyUnansweredMessages = 0
  /// The first failure in words.
  var failure: String?

  init(_ engine: EngineName, _ storm: StormName, connections: Int) {
    self.connections = connections
    self.engine = engine
    self.storm = storm
  }

  mutating func take(_ result: StormResult) {
    peers = result
    failure = failure ?? result.firstFailure
  }

  mutating func take(_ result: SteadyResult, _ moments: StormMoments) {
    latencies = StormLatencies(result, moments)
    steadyWrongBytes = result.wrongBytes
    steadyLostConnections = result.lostConnections
    steadyUnansweredMessages = result.unansweredMessages
    failure = failure ?? result.firstFailure
  }

  /// Bytes that were wrong, of either kind of peer.
  var wrongBytes: UInt64 { steadyWrongBytes + (peers?.wrongBytes ?? 0) }

  /// Bytes that never came back, of either kind of peer.
  var lostBytes: UInt64 {
    UInt64(steadyUnansweredMessages * SteadyLoad.messageBytes) + (peers?.lostBytes ?? 0)
  }

  /// Connections that were lost, of either kind of peer.
  var lostConnections: Int { steadyLostConnections + (peers?.lostConnections ?? 0) }

  /// Whether something was lost or wrong, or the storm could not be run.
  var isFailure: Bool {
    peers == nil || latencies == nil || wrongBytes > 0 || lostBytes > 0 || lostConnections > 0
  }
}
