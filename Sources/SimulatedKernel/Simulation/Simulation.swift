// SPDX-License-Identifier: Apache-2.0

public import CompletionIO
internal import Uring

/// Runs asynchronous code on completion loops without a kernel: in virtual time, on the calling
/// thread, with faults.
///
/// ```swift
/// let simulation = Simulation(seed: 7, faults: .sendWouldBlockStorm())
/// try simulation.run { group in
///   let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
///   …
/// }
/// ```
///
/// The order of everything, the faults included, follows from the seed. Tasks have to stay on the
/// loops for that: child tasks do, and tasks made with `Task(executorPreference:)`; a plain `Task`
/// runs elsewhere, in real time. `CompletionLoop.sleep(for:)` sleeps on the virtual clock,
/// `Task.sleep` on the real one.
public final class Simulation {
  /// Decides everything.
  public let seed: UInt64
  /// The faults, and how often each happens.
  public let faults: FaultPlan
  /// The machine that is simulated.
  public let configuration: SimulationConfiguration
  /// The record of the last run, whether or not the run failed.
  public internal(set) var report = SimulationReport()
  /// Called after each turn of a loop; what it throws ends the run.
  package var afterStep: ((SimulatedTurn) throws -> Void)?

  /// Prepares a simulation.
  ///
  /// - Parameters:
  ///   - seed: Decides everything.
  ///   - faults: The faults, and how often each happens.
  ///   - configuration: The machine that is simulated.
  public init(
    seed: UInt64, faults: FaultPlan = .none,
    configuration: SimulationConfiguration = SimulationConfiguration()
  ) {
    precondition(configuration.loopCount > 0, "a simulation of no loops")
    self.seed = seed
    self.faults = faults
    self.configuration = configuration
  }

  /// Runs a body on the loops of a group until it returns, then stops the loops.
  ///
  /// - Parameter body: Runs on the group's first loop.
  /// - Returns: What the body returns.
  /// - Throws: What the body throws; ``SimulationError`` when the run cannot come to its end;
  ///   `RingSetupError` without memory for a loop.
  public func run<Result: Sendable>(
    _ body: @escaping @Sendable (CompletionLoopGroup) async throws -> Result
  ) throws -> Result {
    try run(groups: [configuration.loop]) { groups in try await body(groups[0]) }
  }

  /// Runs a body on the loops of several groups, such as a server's and its clients'.
  ///
  /// All groups are on one machine: what one listens on, another can connect to.
  ///
  /// - Parameters:
  ///   - configurations: How the loops of each group are made.
  ///   - body: Gets the groups; runs on the first loop of the first.
  /// - Returns: What the body returns.
  /// - Throws: As ``run(_:)``.
  public func run<Result: Sendable>(
    groups configurations: [LoopConfiguration],
    _ body: @escaping @Sendable ([CompletionLoopGroup]) async throws -> Result
  ) throws -> Result {
    let stage = try SimulationStage(self, configurations)
    defer { report = stage.report }
    let answer = Answer<Result>()
    let groups = stage.groups
    let task = Task(executorPreference: groups[0].loops[0]) {
      do {
        answer.result = .success(try await body(groups))
      } catch {
        answer.result = .failure(error)
      }
    }
    try withExtendedLifetime(task) {
      try stage.drive(until: { answer.result != nil })
    }
    guard let result = answer.result else { throw stage.error(.stalled) }
    return try result.get()
  }
}

/// Where a body's result arrives.
private final class Answer<Value: Sendable>: @unchecked Sendable {
  // Unchecked: the body and the simulation are on one thread.
  var result: Result<Value, any Error>?
}
