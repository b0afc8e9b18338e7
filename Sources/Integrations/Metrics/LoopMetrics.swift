// SPDX-License-Identifier: Apache-2.0

#if Metrics
public import CompletionIO
public import CoreMetrics

/// Reports the counts and the load of a group's loops to swift-metrics.
///
/// Counts become counters and loads become meters, each with the dimension `loop`, the loop's
/// place in its group. Nothing is added to the loops' work between two reports.
public actor LoopMetrics {
  private let group: CompletionLoopGroup
  private let reports: [LoopReport]

  /// Makes the metrics of a group, without reporting yet.
  ///
  /// - Parameters:
  ///   - group: Whose loops are reported.
  ///   - prefix: Stands before each label, with an underscore between.
  ///   - dimensions: Of each metric, besides `loop`.
  ///   - factory: Makes the metrics; the one that swift-metrics was set up with if `nil`.
  public init(
    of group: CompletionLoopGroup, prefix: String = "uring", dimensions: [(String, String)] = [],
    factory: (any MetricsFactory)? = nil
  ) {
    self.group = group
    let factory = factory ?? MetricsSystem.factory
    reports = group.loops.indices.map { index in
      LoopReport(
        prefix: prefix, dimensions: dimensions + [("loop", String(index))], factory: factory)
    }
  }

  /// Takes a snapshot of each loop and reports it.
  public func report() async {
    for (index, snapshot) in await group.statistics().enumerated() {
      reports[index].report(snapshot)
    }
  }

  /// Reports again and again, until the calling task is cancelled or the group is closed, and
  /// then once more.
  ///
  /// - Parameter interval: Between two reports.
  public func run(every interval: Duration = .seconds(10)) async {
    repeat { await report() } while (try? await group.loops[0].sleep(for: interval)) != nil
    await report()
  }
}
#endif
