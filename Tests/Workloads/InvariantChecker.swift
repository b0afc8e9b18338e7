// SPDX-License-Identifier: Apache-2.0

import CompletionIO
package import SimulatedKernel
import Synchronization
import Uring

/// What must hold after every turn of a loop, and at the end.
package final class InvariantChecker: @unchecked Sendable {
  // Unchecked: a simulation is on one thread.

  /// Ends a run whose ledger holds a violation.
  package struct Violated: Error {}

  private let ledger: Ledger
  private var loops: [CompletionLoop] = []
  private var armedAtLast = 0
  private var lostAtLast = 0
  /// Far more turns than a budget of operations can take, however often each is tried again.
  private let stepLimit: Int
  private let censusInterval: Int
  /// Turns of loops so far.
  package private(set) var step = 0
  /// The last things that happened when something was violated.
  package private(set) var trace: [String] = []

  /// Makes a checker.
  ///
  /// - Parameters:
  ///   - ledger: The record of the episode.
  ///   - faults: What is injected: where an answer nearly always is "not now", connections that
  ///     poll for it meanwhile take many turns for each operation.
  ///   - censusInterval: Turns from one census of flights and buffers to the next: one for each turn
  ///     would take half as long as all the rest of an episode.
  package init(_ ledger: Ledger, faults: FaultPlan = .none, censusInterval: Int = 8) {
    self.ledger = ledger
    self.censusInterval = censusInterval
    stepLimit = (100_000 + 500 * ledger.budget) * (faults.isStubborn ? 20 : 1)
  }

  func watch(_ group: CompletionLoopGroup) {
    loops = group.loops
  }

  /// Checks what must hold after a turn.
  package func check(_ turn: SimulatedTurn) throws(Violated) {
    step += 1
    let machine = turn.machine
    armedAtLast = machine.armedCount
    lostAtLast = machine.lostDatagramCount
    if step.isMultiple(of: censusInterval), let problem = turn.problem {
      ledger.violation(problem)
    }
    if machine.busyCloseCount > 0 { ledger.violation("a descriptor is closed under a request") }
    ledger.checkWatches()
    if step > stepLimit { ledger.violation("no end in sight after \(step) steps") }
    guard ledger.isViolated else { return }
    trace = machine.recentTrace
    throw Violated()
  }

  /// Checks what must hold once the loops have ended.
  package func checkEnd() {
    ledger.checkEnd()
    if armedAtLast != 0 { ledger.violation("the kernel still has \(armedAtLast) requests") }
    let lost = ledger.lostDatagramCount
    if lost > lostAtLast {
      ledger.violation("\(lost) datagrams are missing, of which the kernel has lost \(lostAtLast)")
    }
    for loop in loops {
      let lost = loop.leaseCount
      if lost != 0 { ledger.violation("\(lost) buffers are lost") }
      if loop.heldFlightCount != 0 {
        ledger.violation("\(loop.heldFlightCount) flights are kept for nobody")
      }
      if loop.operationCount != 0 {
        ledger.violation("\(loop.operationCount) operations have not ended")
      }
      if loop.openWaitCount != 0 { ledger.violation("\(loop.openWaitCount) waits are open") }
    }
  }

  /// An accept into a direct table that found no place has lost its connection (io_accept), so
  /// that none may be submitted without one.
  static func placeProblem(
    in report: SimulationReport, _ configuration: LoopConfiguration
  ) -> String? {
    guard configuration.directDescriptorCount > 0 else { return nil }
    let count = report.statistics.reduce(0) { $0 + $1.count(of: .awaitDescriptor) }
    return count == 0 ? nil : "\(count) accepts had no place in the direct table"
  }
}
