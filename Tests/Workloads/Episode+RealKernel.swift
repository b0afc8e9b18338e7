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
    let ledger = Ledger(budget: scenario.operationCount)
    var configuration = scenario.configuration
    // A ring refuses fewer; one flight is the wake-up's.
    configuration.ring.completionEntryCount = max(
      configuration.ring.completionEntryCount, configuration.ring.submissionEntryCount)
    if try !KernelFeatures.discover().contains(.directDescriptors) {
      configuration.directDescriptorCount = 0
    }
    let group = try CompletionLoopGroup(count: 1, configuration: configuration)
    let world = World(scenario, on: group, ledger)
    await Task(executorPreference: group.loops[0]) { await world.run() }.value
    world.announceStop()
    await group.close()
    ledger.checkEnd()
    return ledger
  }
}
