// SPDX-License-Identifier: Apache-2.0

import Histogram

/// What one worker process saw; travels as one line of JSON.
struct WorkerResult: Codable {
  /// Connections that answered their first byte.
  var established = 0
  /// Connections that were refused, timed out, or found no descriptor or port.
  var connectFailures = 0
  /// Connections the server closed or reset.
  var shortConnections = 0
  /// Connections whose last bytes never came back.
  var stalledConnections = 0
  /// Bytes that differed from what was sent, or came unasked.
  var badBytes: UInt64 = 0
  /// Messages on their way on connections that were given up.
  var lostMessages = 0
  /// Connections open at the end.
  var openConnections = 0
  /// The first failure in words.
  var firstFailure: String?

  /// Messages that came back complete, warm-up included.
  var totalMessages: UInt64 = 0
  /// Messages that came back complete inside the window.
  var messages: UInt64 = 0
  /// The measured window.
  var windowNanoseconds: UInt64 = 0
  /// CPU time of the worker itself in the window.
  var ownCPUNanoseconds: UInt64 = 0
  /// CPU time of the server in the window, where this worker measured it.
  var serverCPUNanoseconds: UInt64?
  /// Latencies in nanoseconds.
  var latencies = LatencyRecord()
}
