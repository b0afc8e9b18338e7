// SPDX-License-Identifier: Apache-2.0

/// Judges the quiescent points of a soak.
struct SoakJudgement: Sendable {
  /// Bytes of the pools of all loops: their pages count once they are first used.
  let poolBytes: UInt64
  /// Ends of pipes that may be open: those from before the loops, and those that loops may keep.
  let pipeEndLimit: Int

  /// What malloc(3) may keep beside: its arenas have holes that it cannot give back, and each thread
  /// keeps freed pieces for itself.
  static let heapTolerance: UInt64 = 4 << 20

  private var resident: SoakGrowth {
    SoakGrowth(name: "RSS", tolerance: poolBytes + 2 * Self.heapTolerance, drift: 2 << 20)
  }

  private var heap: SoakGrowth {
    SoakGrowth(name: "the heap", tolerance: Self.heapTolerance, drift: 1 << 20)
  }

  /// The faults of the last of `points`, in words; the first is the start.
  func faults(_ points: [SoakPoint]) -> [String] {
    guard let start = points.first, let point = points.last else { return [] }
    var faults = point.holdings.differences(from: start.holdings) + start.holdings.unrest
    if point.pipeEnds > pipeEndLimit {
      faults.append("\(point.pipeEnds) ends of pipes, at most \(pipeEndLimit) are kept")
    }
    faults += [
      resident.fault(points.map(\.memory.residentBytes)),
      heap.fault(points.map(\.memory.heapBytes)),
    ].compactMap(\.self)
    return faults + Self.faults(of: point.counts)
  }

  private static func faults(of counts: SoakCounts) -> [String] {
    var faults: [String] = []
    if counts.wrongCount > 0 { faults.append("\(counts.wrongCount) times wrong or lost bytes") }
    for (kind, count) in counts.unexpectedErrors.sorted(by: { $0.key < $1.key }) {
      faults.append("\(count) unexpected errors: \(kind)")
    }
    if counts.hasUnexplainedResets {
      faults.append(
        "servers were told of \(counts.serverResets) resets; \(counts.breaks) connections break off"
      )
    }
    return faults
  }
}
