// SPDX-License-Identifier: Apache-2.0

import SimulatedKernel
import SystemPackage
import Testing

@testable import CompletionIO
@testable import Uring
@testable import Workloads

/// What is checked after every step, and at the end, can fail.
@Suite struct CheckerTests {
  private let ledger = Ledger(budget: 100)

  private func simulate(
    _ faults: FaultPlan = .none,
    _ body: @escaping @Sendable (CompletionLoopGroup) async throws -> Void
  ) throws {
    let checker = InvariantChecker(ledger, censusInterval: 1)
    var configuration = SimulationConfiguration()
    // One arrival a buffer, so that a buffer that is lost is one.
    configuration.loop.incrementalBufferSize = nil
    let simulation = Simulation(seed: 1, faults: faults, configuration: configuration)
    simulation.afterStep = { try checker.check($0) }
    try simulation.run { group in
      checker.watch(group)
      try await body(group)
    }
    checker.checkEnd()
  }

  @Test func aRunThatIsFineIsFine() throws {
    try simulate { group in try await group.loops[0].sleep(for: .seconds(1)) }
    #expect(ledger.violations == [])
  }

  @Test func aLostBufferIsFound() throws {
    try simulate { group in
      Self.lose(try await Self.receiveOne(on: group), of: group.loops[0].pool)
    }
    #expect(ledger.violations == ["1 buffers are lost"])
  }

  @Test func aBufferThatIsGivenBackTooSoonIsFound() throws {
    #expect(throws: (any Error).self) {
      try simulate { group in
        let pool = group.loops[0].pool
        let index = Self.lose(try await Self.receiveOne(on: group), of: pool)
        // Still in use, and already the kernel's again: it is leased a second time below.
        pool.takeBack(index)
        try await group.loops[0].sleep(for: .seconds(1))
        Self.lose(pool.lease(index, byteCount: 1), of: pool)
        try await group.loops[0].sleep(for: .seconds(1))
      }
    }
    #expect(ledger.isViolated)
  }

  /// Damage to what a loop knows, whose flight 0 is in the kernel, and how what is said of it ends.
  private static let damage: [(@Sendable (CompletionLoop) -> Void, String)] = [
    ({ $0.core.descriptorLine.append(0) }, "is inKernel, and also awaitingDescriptor"),
    ({ $0.core.table[0].state = .awaitingBuffer }, "which no flight waits for"),
    ({ $0.openFlight() }, "is queued, and in no place"),
    ({ $0.core.table[$0.openFlight()].state = .pausing }, "is pausing, and in no place"),
  ]

  @Test(arguments: damage.indices)
  func aFlightThatIsNotWhereItSaysIsFound(_ index: Int) {
    let (damage, problem) = Self.damage[index]
    #expect(throws: InvariantChecker.Violated.self) {
      try simulate { group in
        try await group.loops[0].sleep(for: .seconds(1))
        damage(group.loops[0])
        try await group.loops[0].sleep(for: .seconds(1))
      }
    }
    #expect(ledger.violations.count == 1)
    #expect(ledger.violations.first?.hasSuffix(problem) == true, "\(ledger.violations)")
  }

  @Test func aWaitThatIsLeftIsFound() throws {
    try simulate { group in _ = group.loops[0].openWait(for: nil, timeout: nil) }
    #expect(ledger.violations == ["1 waits are open"])
  }

  @Test func aWaiterThatIsLeftIsFound() {
    let error = #expect(throws: SimulationError.self) {
      try simulate { _ in
        let ticket = self.ledger.begin(.raw)
        await unsafe withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
        self.ledger.end(ticket)
      }
    }
    #expect(error?.reason == .stalled)
  }

  @Test func aDescriptorThatIsLeftOpenIsFound() {
    let error = #expect(throws: SimulationError.self) {
      try simulate { group in
        _ = try group.loops[0].socketCalls.makeSocket(family: 2)
      }
    }
    #expect(error?.reason == .violated(["1 descriptors are left open"]))
  }

  @Test func aLoopThatSpinsIsFound() {
    var faults = FaultPlan()
    faults[.answer(.receive, .resourceTemporarilyUnavailable)] = 1
    let error = #expect(throws: SimulationError.self) {
      try simulate(faults) { group in
        let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
        let near = try await StreamConnection.connect(
          to: listener.localAddress, on: group.loops[0])
        near.setPolicy(.retry(limit: .max - 1))
        var memory = [UInt8](repeating: 0, count: 1)
        var span = memory.mutableSpan
        var bytes = unsafe span.mutableBytes
        _ = try await near.receive(into: &bytes)
      }
    }
    #expect(error?.reason == .spinning)
  }

  @Test func anAcceptWithoutAPlaceOfItsOwnIsFound() {
    var report = SimulationReport()
    report.statistics = [LoopStatistics()]
    var configuration = LoopConfiguration()
    configuration.directDescriptorCount = 4
    #expect(InvariantChecker.placeProblem(in: report, configuration) == nil)
    report.statistics[0].count(.awaitDescriptor(atMost: .seconds(1)))
    #expect(InvariantChecker.placeProblem(in: report, configuration) != nil)
    configuration.directDescriptorCount = 0
    #expect(InvariantChecker.placeProblem(in: report, configuration) == nil)
  }

  @Test func aViolationEndsTheRunAtItsStep() {
    #expect(throws: InvariantChecker.Violated.self) {
      try simulate { [ledger] group in
        ledger.violation("something")
        try await group.loops[0].sleep(for: .seconds(1))
      }
    }
  }

  /// Keeps a lease for ever.
  ///
  /// - Returns: The number of its buffer in the pool.
  @discardableResult
  private static func lose(_ lease: consuming BufferLease, of pool: BufferPool) -> UInt16 {
    let distance = unsafe lease.address - UnsafeRawPointer(pool.memory(of: 0))
    _ = unsafe Unmanaged.passRetained(LeaseBox(lease))
    return UInt16(distance / pool.bufferSize)
  }

  /// A connection's first byte, in its lease.
  private static func receiveOne(on group: CompletionLoopGroup) async throws -> BufferLease {
    let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
    let near = try await StreamConnection.connect(to: listener.localAddress, on: group.loops[0])
    let far = try await listener.accept()
    try await near.send([1])
    guard let lease = try await far.receive() else { throw CancellationError() }
    await near.close()
    await far.close()
    listener.abort()
    return lease
  }
}

extension CompletionLoop {
  /// Opens a flight that nobody submits.
  ///
  /// - Returns: Its slot.
  @discardableResult
  fileprivate func openFlight() -> Int {
    core.table.open(.nop, policy: .completion, owner: nil)?.slot ?? 0
  }
}
