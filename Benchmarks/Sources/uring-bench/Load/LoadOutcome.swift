// SPDX-License-Identifier: Apache-2.0

/// What a whole load run found: the workers' results together.
struct LoadOutcome: Codable {
  var connections: Int
  var size: Int
  var pipeline: Int
  var active: Double
  var workers = 0
  var established = 0
  var connectFailures = 0
  var shortConnections = 0
  var stalledConnections = 0
  var badBytes: UInt64 = 0
  var firstFailure: String?
  /// Complete messages, warm-up included.
  var totalMessages: UInt64 = 0
  /// Complete messages inside the window.
  var messages: UInt64 = 0
  var seconds = 0.0
  var messagesPerSecond = 0.0
  /// CPU time in the window, in nanoseconds.
  var serverCPUNanoseconds: UInt64?
  var clientCPUNanoseconds: UInt64 = 0
  /// The server's resident bytes before the first connection, and at the end of the window.
  var serverResidentBefore: UInt64?
  var serverResidentAfter: UInt64?
  /// Pairs of nanoseconds and count.
  var latencies = LatencyRecord()

  init(_ shape: LoadShape) {
    connections = shape.connections
    size = shape.size
    pipeline = shape.pipeline
    active = shape.active
  }

  mutating func add(_ worker: WorkerResult) {
    workers += 1
    established += worker.established
    connectFailures += worker.connectFailures
    shortConnections += worker.shortConnections
    stalledConnections += worker.stalledConnections
    badBytes += worker.badBytes
    firstFailure = firstFailure ?? worker.firstFailure
    totalMessages += worker.totalMessages
    messages += worker.messages
    let window = Double(worker.windowNanoseconds) / 1e9
    seconds = max(seconds, window)
    if window > 0 { messagesPerSecond += Double(worker.messages) / window }
    clientCPUNanoseconds += worker.ownCPUNanoseconds
    if let cpu = worker.serverCPUNanoseconds { serverCPUNanoseconds = cpu }
    latencies.add(worker.latencies)
  }

  /// Everything that is not as it should be, counted together; a bad byte spoils its connection.
  var errors: Int {
    connectFailures + shortConnections + stalledConnections + (badBytes > 0 ? 1 : 0)
  }

  /// Whether the run says something: idle connections are measured by their memory alone.
  var measuredAnything: Bool { active == 0 ? established > 0 : messages > 0 }

  /// The server's CPU time for a message in microseconds.
  var serverMicrosecondsPerMessage: Double? {
    guard let cpu = serverCPUNanoseconds, messages > 0 else { return nil }
    return Double(cpu) / 1000 / Double(messages)
  }

  /// What the server's memory grew by for a connection, in bytes.
  var residentPerConnection: Double? {
    guard let before = serverResidentBefore, let after = serverResidentAfter, established > 0
    else { return nil }
    return (Double(after) - Double(before)) / Double(established)
  }
}
