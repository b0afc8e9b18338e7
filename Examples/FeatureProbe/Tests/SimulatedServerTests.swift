// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import SimulatedKernel
import Testing

/// How to test a server of one's own without a kernel: with faults, in virtual time, by seeds.
@Suite("A server on a simulated kernel", .timeLimit(.minutes(3)))
struct SimulatedServerTests {
  private static let numbers = Array(1...30)
  private static let sums = numbers.map { $0 * ($0 + 1) / 2 }

  /// Runs a server on a simulated kernel, and asks it.
  ///
  /// - Returns: The answers of each client.
  private static func answers(
    from serve: @escaping @Sendable (StreamConnection) async throws -> Void = SumServer.serve,
    clientCount: Int = 3, in simulation: Simulation
  ) throws -> [[Int]] {
    try simulation.run { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      async let serving: Void = listener.serve { try await serve($0) }
      // Child tasks stay on the simulated loops, so their order follows from the seed.
      let answers = await withTaskGroup(of: [Int].self) { clients in
        for _ in 0..<clientCount {
          clients.addTask {
            await SumClient.ask(numbers, at: listener.localAddress, on: group)
          }
        }
        return await clients.reduce(into: []) { $0.append($1) }
      }
      await listener.close()
      try await serving
      return answers
    }
  }

  @Test(
    "All answers are right, though all goes wrong that a program need not notice",
    arguments: SimulationConfiguration.Model.allCases, 1...5 as ClosedRange<UInt64>)
  func transientFaults(model: SimulationConfiguration.Model, seed: UInt64) throws {
    var configuration = SimulationConfiguration()
    configuration.model = model
    let faults = FaultPlan.transient(rate: 0.05)
    let simulation = Simulation(seed: seed, faults: faults, configuration: configuration)
    let answers = try Self.answers(in: simulation)
    #expect(answers == [Self.sums, Self.sums, Self.sums])
    #expect(simulation.report.faults.total > 0)
  }

  @Test(
    "What has come is right, also where connections end", arguments: 1...20 as ClosedRange<UInt64>)
  func everyFault(seed: UInt64) throws {
    let simulation = Simulation(seed: seed, faults: .everything(rate: 0.05))
    for answers in try Self.answers(in: simulation) {
      #expect(Self.sums.starts(with: answers))
    }
  }

  @Test("A careless server passes on a quiet machine, and is found out on a hostile one")
  func carelessServer() throws {
    let quiet = try Self.answers(from: SumServer.serveCarelessly, in: Simulation(seed: 1))
    #expect(quiet == [Self.sums, Self.sums, Self.sums])
    let wrongSeeds = try (1...20 as ClosedRange<UInt64>).filter { seed in
      let simulation = Simulation(seed: seed, faults: .shortTransfers(rate: 0.3))
      return try Self.answers(from: SumServer.serveCarelessly, in: simulation) != quiet
    }
    #expect(!wrongSeeds.isEmpty)
  }

  @Test("A seed repeats a run, request by request")
  func replay() throws {
    func report(_ seed: UInt64) throws -> SimulationReport {
      let simulation = Simulation(seed: seed, faults: .everything(rate: 0.05))
      _ = try Self.answers(in: simulation)
      return simulation.report
    }
    let first = try report(7)
    #expect(try report(7) == first)
    #expect(try report(8).digest != first.digest)
  }

  @Test("A client that says nothing is given up after its time, which takes no time")
  func silentClient() throws {
    let simulation = Simulation(seed: 1)
    let hasEnded = try simulation.run { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      async let serving: Void = listener.serve { try await SumServer.serve($0) }
      let client = try await StreamConnection.connect(to: listener.localAddress, on: group)
      let hasEnded = try await client.receive() == nil
      await client.close()
      await listener.close()
      try await serving
      return hasEnded
    }
    #expect(hasEnded)
    #expect(simulation.report.elapsed >= SumServer.patience)
    #expect(simulation.report.elapsed < SumServer.patience * 2)
  }
}
