// SPDX-License-Identifier: Apache-2.0

/// A load run in words.
enum LoadText {
  static func lines(_ outcome: LoadOutcome) -> [String] {
    let size = "\(outcome.size) B, pipeline \(outcome.pipeline), active \(outcome.active)"
    var lines = [
      "connections   \(outcome.established) of \(outcome.connections), \(size),"
        + " \(outcome.workers) process(es)",
      "messages      \(outcome.messages) in \(Numeral.fixed(outcome.seconds, 2)) s,"
        + " \(Numeral.grouped(outcome.messagesPerSecond)) a second",
    ]
    let percentiles = [50, 99, 99.9, 100].map { percent in
      "\(percent == 100 ? "max" : "p\(Numeral.short(percent))") "
        + Numeral.significant(outcome.latencies.microseconds(atPercentile: percent))
    }
    lines.append("latency       \(percentiles.joined(separator: ", ")) µs")
    if let cpu = outcome.serverMicrosecondsPerMessage {
      lines.append("server CPU    \(Numeral.fixed(cpu, 2)) µs a message")
    }
    if let bytes = outcome.residentPerConnection, let after = outcome.serverResidentAfter {
      lines.append(
        "server RSS    \(after / 1024) KiB, grown by \(Numeral.grouped(bytes)) B a connection")
    }
    let busy = Double(outcome.clientCPUNanoseconds) / 1e9 / max(outcome.seconds, 1e-9)
    lines.append("load CPU      \(Numeral.fixed(busy, 2)) cores")
    lines.append(
      "failures      \(outcome.connectFailures) connects, \(outcome.shortConnections) closed,"
        + " \(outcome.stalledConnections) stalled, \(outcome.badBytes) bad bytes")
    return lines
  }
}
