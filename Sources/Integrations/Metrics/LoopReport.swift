// SPDX-License-Identifier: Apache-2.0

#if Metrics
internal import CompletionIO
internal import CoreMetrics

/// The metrics of one loop.
final class LoopReport {
  private let counters: [Counter]
  private let meters: [Meter]
  private let delay: Meter
  private var last = LoopStatistics()

  init(prefix: String, dimensions: [(String, String)], factory: any MetricsFactory) {
    counters = Self.counts.map { name, _ in
      Counter(label: "\(prefix)_\(name)", dimensions: dimensions, factory: factory)
    }
    meters = Self.loads.map { name, _ in
      Meter(label: "\(prefix)_\(name)", dimensions: dimensions, factory: factory)
    }
    delay = Meter(
      label: "\(prefix)_delay_seconds", dimensions: dimensions, factory: factory)
  }

  /// Adds what has been counted since the last report, and sets the loads.
  func report(_ snapshot: LoopSnapshot) {
    for (counter, count) in zip(counters, Self.counts) {
      counter.increment(by: count.value(snapshot.counts) &- count.value(last))
    }
    for (meter, load) in zip(meters, Self.loads) { meter.set(load.value(snapshot.load)) }
    delay.set(snapshot.delay / .seconds(1))
    last = snapshot.counts
  }

  private static let counts: [(name: String, value: @Sendable (LoopStatistics) -> UInt64)] = [
    ("enters_total", \.enters),
    ("enter_failures_total", \.enterFailures),
    ("submissions_total", \.submissions),
    ("completions_total", \.completions),
    ("submission_queue_full_total", \.submissionQueueFull),
    ("operations_refused_total", \.flightTableFull),
    ("stale_completions_total", \.staleCompletions),
    ("control_failures_total", \.controlFailures),
    ("repeated_cancels_total", \.repeatedCancels),
    ("deadlines_total", \.deadlines),
    ("accepted_connections_total", \.accepted),
    ("received_chunks_total", \.chunksReceived),
    ("received_bytes_total", \.bytesReceived),
    ("sent_bytes_total", \.bytesSent),
    ("spliced_bytes_total", \.bytesSpliced),
    ("quiet_receives_total", \.quietReceives),
    ("copied_sends_total", \.sendsCopied),
    ("body_failures_total", \.bodyFailures),
    ("other_system_calls_total", \.otherSystemCalls),
    ("waits_for_buffers_total", { $0.count(of: .awaitBuffer) }),
    ("waits_for_descriptors_total", { $0.count(of: .awaitDescriptor) }),
    ("back_offs_total", { $0.count(of: .backOff) }),
  ]

  private static let loads: [(name: String, value: @Sendable (LoopLoad) -> Int)] = [
    ("operations", \.operations),
    ("operation_limit", \.operationLimit),
    ("waits", \.waits),
    ("timers", \.timers),
    ("jobs", \.jobs),
    ("sockets", \.sockets),
    ("connections", \.acceptedConnections),
    ("serving_tasks", \.servingTasks),
    ("buffers", \.buffers),
    ("leased_buffers", \.leasedBuffers),
    ("unclaimed_bytes", \.unclaimedBytes),
    ("unsent_bytes", \.unsentBytes),
  ]
}
#endif
