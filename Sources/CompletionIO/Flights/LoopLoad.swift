// SPDX-License-Identifier: Apache-2.0

/// What a loop has to do with at one moment.
public struct LoopLoad: Hashable, Sendable {
  /// Operations on their way.
  public var operations = 0
  /// Operations that there is room for: ``LoopConfiguration/flightLimit``.
  public var operationLimit = 0
  /// Waits of tasks that have not ended, sleeps among them.
  public var waits = 0
  /// Deadlines and timers that are running.
  public var timers = 0
  /// Jobs of tasks that are ready to run.
  public var jobs = 0
  /// Sockets that are open: listeners, connections and streams.
  public var sockets = 0
  /// Connections that listeners have accepted and that are not closed.
  public var acceptedConnections = 0
  /// Tasks that serve a connection.
  public var servingTasks = 0
  /// Buffers that the kernel receives into.
  public var buffers = 0
  /// Buffers of which anything is leased: by the program, by bytes that nobody has received yet, and
  /// by bytes that are being sent.
  public var leasedBuffers = 0
  /// Bytes that have come and that nobody has received.
  public var unclaimedBytes = 0
  /// Bytes that are queued for sending and that the kernel has not taken.
  public var unsentBytes = 0

  /// Describes a loop that has nothing to do.
  public init() {}

  /// Adds what another loop has to do with.
  ///
  /// - Parameters:
  ///   - sum: Grows.
  ///   - other: What is added.
  public static func += (sum: inout Self, other: Self) {
    sum.operations += other.operations
    sum.operationLimit += other.operationLimit
    sum.waits += other.waits
    sum.timers += other.timers
    sum.jobs += other.jobs
    sum.sockets += other.sockets
    sum.acceptedConnections += other.acceptedConnections
    sum.servingTasks += other.servingTasks
    sum.buffers += other.buffers
    sum.leasedBuffers += other.leasedBuffers
    sum.unclaimedBytes += other.unclaimedBytes
    sum.unsentBytes += other.unsentBytes
  }
}
