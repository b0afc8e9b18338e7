// SPDX-License-Identifier: Apache-2.0

/// What all workers found in one phase together.
struct PhaseFigures: Encodable {
  /// Messages that came back complete: in the measured time of the closed loop, all of the others.
  var messages: UInt64 = 0
  /// The measured time.
  var seconds = 0.0
  /// The sum of the workers' rates.
  var messagesPerSecond = 0.0
  /// The rate that was asked for; nil where none was.
  var messagesPerSecondAsked: Double?
  /// The server's CPU time for a message, in microseconds; nil where it was not measured.
  var serverMicrosecondsPerMessage: Double?
  /// CPU time that the load used, in CPUs.
  var loadCPU = 0.0
  /// Percentiles of the latency, in microseconds.
  var p50: Double?
  var p99: Double?
  var p999: Double?
  var lostMessages = 0
  var connectFailures = 0
  var shortConnections = 0
  var stalledConnections = 0
  var badBytes: UInt64 = 0
  var openConnections = 0
  var firstFailure: String?
  /// Too long for the results.
  var latencies = LatencyRecord()

  private enum CodingKeys: CodingKey {
    case messages, seconds, messagesPerSecond, messagesPerSecondAsked
    case serverMicrosecondsPerMessage, loadCPU, p50, p99, p999, lostMessages, connectFailures
    case shortConnections, stalledConnections, badBytes, openConnections, firstFailure
  }

  init(_ workers: [WorkerResult] = []) {
    for worker in workers { add(worker) }
    p50 = latencies.microseconds(atPercentile: 50)
    p99 = latencies.microseconds(atPercentile: 99)
    p999 = latencies.microseconds(atPercentile: 99.9)
  }

  /// Everything that is not as it should be; a lost message or a bad byte spoils its connection.
  var errors: Int {
    connectFailures + shortConnections + stalledConnections + (badBytes > 0 ? 1 : 0)
  }

  private mutating func add(_ worker: WorkerResult) {
    messages += worker.messages
    let window = Double(worker.windowNanoseconds) / 1e9
    seconds = max(seconds, window)
    if window > 0 {
      messagesPerSecond += Double(worker.messages) / window
      loadCPU += Double(worker.ownCPUNanoseconds) / 1e9 / window
    }
    lostMessages += worker.lostMessages
    connectFailures += worker.connectFailures
    shortConnections += worker.shortConnections
    stalledConnections += worker.stalledConnections
    badBytes += worker.badBytes
    openConnections += worker.openConnections
    firstFailure = firstFailure ?? worker.firstFailure
    latencies.add(worker.latencies)
  }

  /// Takes what the server used of one CPU in the measured time.
  ///
  /// A share, not a sum: the moments at which its CPU time is read are not exactly those between
  /// which messages count.
  mutating func takeServerCPU(share: Double) {
    guard messagesPerSecond > 0 else { return }
    serverMicrosecondsPerMessage = share * 1e6 / messagesPerSecond
  }
}
