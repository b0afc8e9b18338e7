// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Synchronization
import SystemPackage
import Testing
import Uring

@testable import SimulatedKernel

/// A cancel that finds its target neither waiting nor at work, and so does nothing.
@Suite struct MissedCancelTests {
  private static func faults(_ probability: Double) -> FaultPlan {
    var plan = FaultPlan()
    plan[.cancelMissed] = probability
    return plan
  }

  @Test(arguments: 1...10 as ClosedRange<UInt64>)
  func leavesItsTargetAlone(seed: UInt64) throws {
    let machine = SimulatedMachine(seed: seed, faults: Self.faults(1))
    let stage = try Stage(SimulatedRing(on: machine), on: machine)
    let (client, server) = try stage.pair()
    let receive = stage.submit("receive", stage.receiving(4, from: server))
    try stage.completeAtOnce()
    let result = try stage.perform("cancel", .cancel(receive))
    let misses: [Errno] = [.noSuchFileOrDirectory, .alreadyInProcess]
    #expect(misses.contains(Errno(rawValue: -result)))
    stage.submit("send", stage.sending(4, to: client))
    try stage.complete(2)
    #expect(Set(stage.answers.suffix(2)) == ["send: 4", "receive: 4"])
    #expect(machine.faults.counts[.cancelMissed] == 1)
    #expect(machine.violations == [])
  }

  /// Deadlines, cancelled tasks and closes: each needs its cancel to get through.
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func isRepeatedUntilTheTargetHasEnded(seed: UInt64) throws {
    let simulation = Simulation(seed: seed, faults: Self.faults(0.8))
    let ends = try simulation.run { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      let near = try await StreamConnection.connect(to: listener.localAddress, on: group.next())
      let far = try await listener.accept()
      let receiving = Task(executorPreference: far.loop) { await Self.receive(far) }
      try await group.next().sleep(for: .milliseconds(1))
      receiving.cancel()
      var memory = [UInt8](repeating: 0, count: 8)
      let ends = [await receiving.value, await Self.receive(into: &memory, near)]
      await near.close()
      await far.close()
      listener.abort()
      return ends
    }
    #expect(ends == [.canceled, .timedOut])
    #expect(simulation.report.faults[.cancelMissed] > 0)
    #expect(simulation.report.elapsed < .seconds(1))
  }

  private static func receive(_ connection: StreamConnection) async -> Errno? {
    do throws(SocketError) {
      _ = try await connection.receive()?.byteCount
      return nil
    } catch {
      return error.errno
    }
  }

  private static func receive(
    into memory: inout [UInt8], _ connection: StreamConnection
  ) async -> Errno? {
    do throws(SocketError) {
      var span = memory.mutableSpan
      var bytes = unsafe span.mutableBytes
      _ = try await connection.receive(into: &bytes, timeout: .milliseconds(1))
      return nil
    } catch {
      return error.errno
    }
  }
}
