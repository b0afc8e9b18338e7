// SPDX-License-Identifier: Apache-2.0

package import CompletionIO
import Synchronization
import Uring

/// A running episode: its loops, its ledger, and the flows of its connections.
package final class World: Sendable {
  package let scenario: Scenario
  package let ledger: Ledger
  let group: CompletionLoopGroup
  private let stopping = Atomic<Bool>(false)
  private let flows = Mutex<[Leg: FlowPair]>([:])
  private let lastConnection = Atomic<UInt64>(0)

  /// One connection of the one or two that a client's bytes pass through.
  ///
  /// The bytes of a proxy's client pass through two: the client's own, and the proxy's.
  struct Leg: Hashable, Sendable {
    /// The name in the bytes, the same for both.
    var connection: UInt64
    /// 0 for the client's own connection, 1 for the one that a proxy makes.
    var number = 0
  }

  /// The two directions of a connection.
  struct FlowPair: Sendable {
    let up: Flow
    let down: Flow
  }

  package init(_ scenario: Scenario, on group: CompletionLoopGroup, _ ledger: Ledger) {
    self.scenario = scenario
    self.group = group
    self.ledger = ledger
  }

  /// Runs the workload to its last operation; the caller may then stop the loops.
  package func run() async {
    switch scenario.workload {
    case .echo: await runEcho()
    case .oneWay: await runOneWay()
    case .proxy: await runProxy()
    case .connectStorm: await runConnectStorm()
    case .slowReaders: await runSlowReaders()
    case .deadlineRaces: await runDeadlineRaces()
    case .cancellationStorm: await runCancellationStorm()
    case .shutdown: await runShutdown()
    case .gracefulShutdown: await runGracefulShutdown()
    case .relay: await runRelay()
    case .timers: await runTimers()
    case .datagrams: await runDatagrams()
    }
  }

  // MARK: State

  /// Whether loops have been told to stop.
  var isStopping: Bool { stopping.load(ordering: .sequentiallyConsistent) }

  /// Whether something new may be begun.
  var goesOn: Bool { ledger.hasBudget && !isStopping }

  /// Records that the loops are about to be stopped.
  package func announceStop() {
    stopping.store(true, ordering: .sequentiallyConsistent)
  }

  /// What may make any operation of this episode fail.
  var circumstances: Circumstances {
    var circumstances: Circumstances = isStopping ? .stopping : []
    if scenario.workload == .cancellationStorm { circumstances.insert(.cancelled) }
    return circumstances
  }

  // MARK: Connections

  /// A name for a new connection.
  func newConnection() -> Leg {
    Leg(connection: lastConnection.add(1, ordering: .relaxed).newValue)
  }

  /// Begins to count the bytes of a leg.
  func openFlows(of leg: Leg) -> FlowPair {
    let name = leg.number == 0 ? "" : "beyond the proxy, "
    let isRelayed = scenario.workload == .relay
    let pair = FlowPair(
      up: ledger.flow(leg.connection, name + "up", hasOwnEndOnly: isRelayed),
      down: ledger.flow(leg.connection, name + "down", hasOwnEndOnly: isRelayed))
    flows.withLock { $0[leg] = pair }
    return pair
  }

  /// The flows of a leg; `nil` if nobody has opened them.
  func flows(of leg: Leg) -> FlowPair? {
    flows.withLock { $0[leg] }
  }

  // MARK: Tasks

  /// A task on a loop's thread.
  func task<Result: Sendable>(
    on loop: CompletionLoop, _ body: @escaping @Sendable () async -> Result
  ) -> Task<Result, Never> {
    Task(executorPreference: loop, operation: body)
  }

  /// Has several tasks repeat a session until the ledger's budget is used up, the task is
  /// cancelled, or `isWanted` returns `false`.
  func crowd(
    _ width: Int, _ numbers: inout Numbers,
    while isWanted: @escaping @Sendable () -> Bool = { true },
    _ session: @escaping @Sendable (inout Numbers) async -> Void
  ) async {
    await withTaskGroup(of: Void.self) { tasks in
      for index in 0..<width {
        let start = numbers.branch()
        tasks.addTask(executorPreference: group.loops[index % group.loops.count]) {
          var numbers = start
          while self.goesOn, !Task.isCancelled, isWanted() { await session(&numbers) }
        }
      }
    }
  }

  /// Sleeps on a loop's clock.
  ///
  /// - Returns: Whether it did.
  @discardableResult
  func pause(microseconds: Int, on loop: CompletionLoop) async -> Bool {
    let ticket = ledger.begin(.sleep)
    do throws(LoopError) {
      try await loop.sleep(for: .microseconds(microseconds))
      ledger.end(ticket)
      return true
    } catch {
      ledger.end(ticket, -1)
      ledger.check(error, circumstances)
      return false
    }
  }
}
