// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import SimulatedKernel

/// How many bytes a relay may keep of each direction, whatever its sides do.
struct QueueBound: Sendable {
  private let unclaimed: Int
  private let unsent: Int

  /// The limits of a loop's configuration, and what may come above them.
  ///
  /// A receive that has filled its queue is told to stop; until it has, it goes on, a turn with all
  /// buffers of the pool. A cancel that a hostile kernel has missed is repeated a millisecond later.
  init(_ scenario: Scenario) {
    let configuration = scenario.configuration
    let pool = configuration.bufferCount * configuration.bufferSize
    let faults = scenario.faults
    let mayMiss = faults[.cancelMissed] > 0 || faults[.cancelTooLate] > 0
    unclaimed = configuration.unclaimedByteLimit + 2 * pool + (mayMiss ? 1 << 17 : 0)
    // What is queued last, whose sender then waits: a buffer, or chunks that were copied into one of
    // 4 KiB because they were small, or a pipe, which takes what a socket has received.
    let received = max(
      scenario.simulation.network.receiveBufferByteCount,
      Int(scenario.options.receiveBufferByteCount ?? 0))
    unsent = configuration.unsentByteLimit + max(configuration.bufferSize, 4096, received)
  }

  /// What is too much of what a connection keeps; `nil` if nothing is.
  func problem(of connection: StreamConnection) -> String? {
    let held = connection.heldByteCounts
    if held.unclaimed > unclaimed {
      return "\(held.unclaimed) bytes wait to be claimed, of \(unclaimed) at most"
    }
    return held.unsent > unsent ? "\(held.unsent) bytes are unsent, of \(unsent) at most" : nil
  }
}
