// SPDX-License-Identifier: Apache-2.0

/// One engine at one number of connections in one round.
struct RunSample: Encodable {
  let engine: EngineName
  let connections: Int
  let round: Int
  var messagesPerSecond: Double?
  var messages: UInt64 = 0
  /// The server's CPU time for a message, in microseconds.
  var serverMicrosecondsPerMessage: Double?
  /// System calls or ring enters for a message, where the engine counts them.
  var kernelCallsPerMessage: Double?
  var serverResidentBefore: UInt64?
  var serverResidentAfter: UInt64?
  var residentPerConnection: Double?
  /// Share of one CPU that the load generator used.
  var loadCPU: Double?
  var errors = 0
  var badBytes: UInt64 = 0
  /// Why there is no result, or the first error.
  var failure: String?
  /// In the summary, merged over the rounds; too long for each sample.
  var latencies = LatencyRecord()

  init(engine: EngineName, connections: Int, round: Int) {
    self.engine = engine
    self.connections = connections
    self.round = round
  }

  private enum CodingKeys: CodingKey {
    case engine, connections, round, messagesPerSecond, messages, serverMicrosecondsPerMessage
    case kernelCallsPerMessage, serverResidentBefore, serverResidentAfter, residentPerConnection
    case loadCPU, errors, badBytes, failure
  }

  mutating func take(_ outcome: LoadOutcome) {
    messages = outcome.messages
    if outcome.messages > 0 { messagesPerSecond = outcome.messagesPerSecond }
    serverMicrosecondsPerMessage = outcome.serverMicrosecondsPerMessage
    serverResidentBefore = outcome.serverResidentBefore
    serverResidentAfter = outcome.serverResidentAfter
    residentPerConnection = outcome.residentPerConnection
    if outcome.seconds > 0 {
      loadCPU = Double(outcome.clientCPUNanoseconds) / 1e9 / outcome.seconds
    }
    errors = outcome.errors
    badBytes = outcome.badBytes
    failure = outcome.firstFailure
    latencies = outcome.latencies
    if !outcome.measuredAnything {
      errors += 1
      failure = failure ?? "no message came back in the window"
    }
  }
}
