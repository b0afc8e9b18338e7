// SPDX-License-Identifier: Apache-2.0

/// The counts and the load of a loop, taken at one moment on its thread.
public struct LoopSnapshot: Hashable, Sendable {
  /// What has happened since the loop was made.
  public let counts: LoopStatistics
  /// What the loop has to do with now.
  public let load: LoopLoad
  /// How long the loop took to answer: what it was busy with went first.
  public let delay: Duration
}

extension CompletionLoop {
  /// Takes a snapshot on the loop's thread; may be called by any task, also once the loop has ended.
  ///
  /// - Returns: The loop's counts and load.
  /// - Complexity: O(sockets of the loop)
  public nonisolated(nonsending) func snapshot() async -> LoopSnapshot {
    let start = clock()
    return await isolation.run { _ in
      let delay = Duration.nanoseconds(Int64(clamping: self.clock() - start))
      return LoopSnapshot(counts: self.core.statistics, load: self.load, delay: delay)
    }
  }

  /// What the loop has to do with; on its thread.
  private var load: LoopLoad {
    var load = LoopLoad()
    load.operations = core.table.count
    load.operationLimit = core.table.capacity
    load.waits = core.waits.count
    load.timers = core.timers.count
    load.jobs = jobs.count
    load.acceptedConnections = acceptedCount
    load.servingTasks = taskCount
    load.buffers = core.memory.pools.reduce(0) { $0 + $1.capacity }
    load.leasedBuffers = leasedBufferCount
    for owner in registry.all { owner.add(to: &load) }
    return load
  }
}

extension CompletionLoopGroup {
  /// Takes a snapshot of each loop.
  ///
  /// - Returns: The loops' counts and loads, in the order of ``loops``.
  /// - Complexity: O(sockets of the group)
  public nonisolated(nonsending) func statistics() async -> [LoopSnapshot] {
    var snapshots: [LoopSnapshot] = []
    for loop in loops { snapshots.append(await loop.snapshot()) }
    return snapshots
  }
}
