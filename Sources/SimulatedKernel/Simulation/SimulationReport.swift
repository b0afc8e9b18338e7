// SPDX-License-Identifier: Apache-2.0

public import CompletionIO

/// The record of a simulation.
public struct SimulationReport: Hashable, Sendable {
  /// Turns of loops.
  public var stepCount = 0
  /// Enters into the simulated kernel.
  public var enterCount: UInt64 = 0
  /// Requests that the simulated kernel took.
  public var requestCount: UInt64 = 0
  /// How far the virtual clock came.
  public var elapsed = Duration.zero
  /// Faults that happened.
  public var faults = FaultCounts()
  /// A number that every request and completion changes: equal runs have equal digests.
  public var digest: UInt64 = 0
  /// The statistics of each loop, in the order of the groups.
  public var statistics: [LoopStatistics] = []

  /// Nothing has happened.
  public init() {}
}
