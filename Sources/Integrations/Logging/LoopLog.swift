// SPDX-License-Identifier: Apache-2.0

#if Logging
public import CompletionIO
public import Logging

/// Logs what goes wrong on a group's loops and ends no operation, so that nobody is told of it.
public actor LoopLog {
  private let group: CompletionLoopGroup
  private let logger: Logger
  private let delayLimit: Duration
  private var last: [LoopStatistics]

  /// Makes a log, which looks at nothing yet.
  ///
  /// - Parameters:
  ///   - group: Whose loops are looked at.
  ///   - logger: Takes the lines, at `.warning`.
  ///   - delayLimit: How long a loop may take to answer; a loop that takes longer runs something
  ///     that should be elsewhere, or has more to do than one thread can.
  public init(
    of group: CompletionLoopGroup, _ logger: Logger, delayLimit: Duration = .milliseconds(100)
  ) {
    self.group = group
    self.logger = logger
    self.delayLimit = delayLimit
    last = group.loops.map { _ in LoopStatistics() }
  }

  /// Takes a snapshot of each loop and logs what has gone wrong since the last.
  public func report() async {
    for (index, snapshot) in await group.statistics().enumerated() {
      for trouble in LoopTrouble.all {
        let count = trouble.count(snapshot.counts) &- trouble.count(last[index])
        guard count > 0 else { continue }
        logger.warning(trouble.message, metadata: ["loop": "\(index)", "count": "\(count)"])
      }
      if snapshot.delay > delayLimit {
        logger.warning(
          "a loop was busy", metadata: ["loop": "\(index)", "delay": "\(snapshot.delay)"])
      }
      last[index] = snapshot.counts
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
