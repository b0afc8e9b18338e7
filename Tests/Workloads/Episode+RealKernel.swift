// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Uring

extension Episode {
  /// Runs an episode on the real kernel, without injected faults.
  ///
  /// - Returns: The record of the episode.
  package static func onRealKernel(_ scenario: Scenario) async throws -> Ledger {
    var scenario = scenario
    // There nobody turns the clock on.
    scenario.longestWait = .milliseconds(50)
    scenario.hasVirtualTime = false
    let ledger = Ledger(budget: scenario.operationCount)
    var configuration = scenario.configuration
    // A ring refuses fewer; one flight is the wake-up's.
    configuration.ring.completionEntryCount = max(
      configuration.ring.completionEntryCount, configuration.ring.submissionEntryCount)
    let group = try Self.group(of: configuration)
    let world = World(scenario, on: group, ledger)
    await Task(executorPreference: group.loops[0]) { await world.run() }.value
    world.announceStop()
    await group.close()
    ledger.checkEnd()
    return ledger
  }

  /// A loop with direct descriptors where the scenario has them and the kernel does too.
  private static func group(
    of configuration: LoopConfiguration
  ) throws(RingSetupError) -> CompletionLoopGroup {
    do throws(RingSetupError) {
      return try CompletionLoopGroup(count: 1, configuration: configuration)
    } catch {
      guard configuration.directDescriptorCount > 0 else { throw error }
      var ordinary = configuration
      ordinary.directDescriptorCount = 0
      return try CompletionLoopGroup(count: 1, configuration: ordinary)
    }
  }
}
