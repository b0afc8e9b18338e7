// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import SimulatedKernel
import SystemPackage
import TestSupport
import Testing
import Uring

/// What a simulation promises: the seed decides, time is virtual, and what cannot end is told.
@Suite struct SimulationTests {
  /// A busy little world: connections that come and go under every fault.
  static func run(_ simulation: Simulation, at address: String = "127.0.0.1:0") throws -> Int {
    try simulation.run { group in
      let listener = try await StreamListener.bind(to: address, on: group)
      async let serving: Void = listener.serve(EchoServerTests.echo)
      let address = "\(listener.localAddress)"
      let echoed = await withTaskGroup(of: Int.self) { tasks in
        for number in 0..<20 {
          tasks.addTask { await talk(number, to: address, on: group) }
        }
        return await tasks.reduce(0, +)
      }
      listener.abort()
      try? await serving
      return echoed
    }
  }

  private static func talk(
    _ number: Int, to address: String, on group: CompletionLoopGroup
  ) async -> Int {
    var byteCount = 0
    do {
      let connection = try await StreamConnection.connect(
        to: address, on: group, timeout: .seconds(5))
      for _ in 0..<20 {
        // Two at once, so that they are gathered.
        async let first: Void = connection.send([UInt8](repeating: 1, count: 50))
        async let second: Void = connection.send([UInt8](repeating: 2, count: 50 + number))
        try await first
        try await second
        var left = 100 + number
        while left > 0, let chunk = try await connection.receive(timeout: .seconds(60)) {
          left -= chunk.byteCount
          byteCount += chunk.byteCount
        }
      }
    } catch {
      return byteCount
    }
    return byteCount
  }

  static func simulation(seed: UInt64, faults: FaultPlan, traceLimit: Int = 0) -> Simulation {
    var configuration = SimulationConfiguration()
    configuration.loopCount = 2
    configuration.loop.bufferCount = 4
    configuration.loop.bufferSize = 64
    configuration.loop.ring.submissionEntryCount = 8
    configuration.loop.ring.completionEntryCount = 8
    configuration.network.sendBufferByteCount = 100
    configuration.network.receiveBufferByteCount = 100
    configuration.traceLimit = traceLimit
    return Simulation(seed: seed, faults: faults, configuration: configuration)
  }

  @Test(arguments: 1...10 as ClosedRange<UInt64>)
  func theSameSeedReplays(seed: UInt64) throws {
    let runs = try (0..<2).map { _ in
      let simulation = Self.simulation(seed: seed, faults: .everything(rate: 0.05))
      _ = try Self.run(simulation)
      return simulation.report
    }
    #expect(runs[0] == runs[1])
    #expect(runs[0].faults.total > 0)
  }

  @Test func anotherSeedIsAnotherRun() throws {
    let digests = try (1...10 as ClosedRange<UInt64>).map { seed in
      let simulation = Self.simulation(seed: seed, faults: .none)
      _ = try Self.run(simulation)
      return simulation.report.digest
    }
    #expect(Set(digests).count == 10)
  }

  @Test(arguments: 1...15 as ClosedRange<UInt64>)
  func passingFaultsLoseNothing(seed: UInt64) throws {
    let simulation = Self.simulation(
      seed: seed, faults: .transient(rate: 0.05), traceLimit: 200)
    let expected = (0..<20).reduce(0) { $0 + 20 * (100 + $1) }
    #expect(try Self.run(simulation) == expected)
  }

  @Test func everyFaultHappens() throws {
    var counts = FaultCounts()
    for seed in 1...30 as ClosedRange<UInt64> {
      var plan = FaultPlan.everything(rate: 0.05)
      for fault in Fault.all where plan[fault] < 0.05 { plan[fault] = 0.01 }
      for run in [{ _ = try Self.run($0) }, Self.runDatagrams] as [(Simulation) throws -> Void] {
        let simulation = Self.simulation(seed: seed, faults: plan)
        try run(simulation)
        counts.add(simulation.report.faults)
      }
    }
    // Nothing here sends without copying, relays or watches for readiness, and only old or half-made
    // connects are polled.
    let missing = Fault.all.filter { counts[$0] == 0 && !$0.isOfReadiness }
    let others = missing.filter { fault in
      !["sendZeroCopy", "splice"].contains { "\(fault)".hasPrefix($0) }
    }
    #expect(others == [])
  }

  @Test func timeIsVirtual() throws {
    let simulation = Simulation(seed: 1)
    try simulation.run { group in
      try await group.next().sleep(for: .seconds(3600))
    }
    #expect(simulation.report.elapsed >= .seconds(3600))
    #expect(simulation.report.elapsed < .seconds(3601))
  }

  @Test func aFullBacklogTimesOut() throws {
    let simulation = Simulation(seed: 1)
    let errno = try simulation.run { group -> Errno? in
      var options = SocketOptions()
      options.backlog = 0
      let listener = try await StreamListener.bind(
        to: "127.0.0.1:0", on: group, options: options)
      let address = "\(listener.localAddress)"
      let first = try await StreamConnection.connect(to: address, on: group)
      defer { withExtendedLifetime((first, listener)) {} }
      do throws(SocketError) {
        _ = try await StreamConnection.connect(to: address, on: group)
        return nil
      } catch {
        return error.errno
      }
    }
    #expect(errno == .timedOut)
    #expect(simulation.report.elapsed > .seconds(60))
  }

  @Test func workElsewhereIsWaitedFor() throws {
    let sum = try Simulation(seed: 1).run { group in
      // A real loop is a thread that other tests cannot keep busy.
      let other = try CompletionLoopGroup(count: 1)
      let sum = await Task(executorPreference: other.loops[0]) { (1...1000).reduce(0, +) }.value
      try await group.next().sleep(for: .seconds(1))
      return sum
    }
    #expect(sum == 500_500)
  }

  @Test func nobodyListens() throws {
    let error = try Simulation(seed: 1).run { group -> SocketError? in
      do throws(SocketError) {
        _ = try await StreamConnection.connect(to: "127.0.0.1:7000", on: group)
        return nil
      } catch {
        return error
      }
    }
    #expect(error?.errno == .connectionRefused)
  }

  @Test func severalGroupsShareAMachine() throws {
    let bytes = [UInt8](repeating: 7, count: 5000)
    var small = LoopConfiguration()
    small.bufferCount = 2
    small.bufferSize = 16
    let echoed = try Simulation(seed: 1).run(groups: [LoopConfiguration(), small]) { groups in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: groups[1])
      async let serving: Void = listener.serve(EchoServerTests.echo)
      let echoed = try await EchoServerTests.exchange(
        bytes, with: listener.localAddress, on: groups[0])
      listener.abort()
      try await serving
      return echoed
    }
    #expect(firstDifference(echoed, bytes) == nil)
  }
}
