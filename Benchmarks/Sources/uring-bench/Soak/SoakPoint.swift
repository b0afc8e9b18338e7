// SPDX-License-Identifier: Apache-2.0

/// A moment of a soak at which nothing is under way.
struct SoakPoint: Codable, Sendable {
  /// Since the soak began.
  let minutes: Double
  /// Since the soak began.
  let counts: SoakCounts
  let holdings: SoakHoldings
  /// Ends of pipes that are open, of loops or not.
  let pipeEnds: Int
  let memory: SoakMemory

  /// The line that a soak prints of it.
  var line: String {
    let figures = [
      "\(Numeral.grouped(Double(counts.messages))) messages",
      "\(Numeral.bytes(counts.bytes)) verified",
      "\(Numeral.grouped(Double(counts.connections))) connections",
      "\(counts.lostDatagrams) of \(counts.datagrams) datagrams lost",
      "\(counts.timers) timers",
      "RSS \(Numeral.bytes(memory.residentBytes))",
      "heap \(Numeral.bytes(memory.heapBytes))",
      "\(holdings.descriptors) + \(pipeEnds) descriptors",
    ]
    return "minute \(Numeral.fixed(minutes, 2)): " + figures.joined(separator: ", ") + errorText
  }

  private var errorText: String {
    var text = "; \(counts.expectedErrorCount) expected errors"
    let kinds = counts.expectedErrors.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
    if !kinds.isEmpty { text += " (\(kinds.joined(separator: ", ")))" }
    return text + ", \(counts.unexpectedErrorCount) unexpected"
  }
}

extension Numeral {
  /// Bytes in the largest unit that they fill.
  static func bytes(_ count: UInt64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"]
    var value = Double(count)
    var unit = 0
    while value >= 1024, unit + 1 < units.count {
      value /= 1024
      unit += 1
    }
    return unit == 0 ? "\(count) B" : "\(significant(value)) \(units[unit])"
  }
}
