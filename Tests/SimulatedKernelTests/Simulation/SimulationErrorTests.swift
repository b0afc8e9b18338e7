// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import SimulatedKernel
import SystemPackage
import Testing
import Uring

/// Runs that cannot come to their end.
@Suite struct SimulationErrorTests {
  @Test func aWaitThatNothingEndsIsTold() throws {
    var configuration = SimulationConfiguration()
    configuration.traceLimit = 10
    let simulation = Simulation(seed: 3, configuration: configuration)
    let error = #expect(throws: SimulationError.self) {
      try simulation.run { group in
        let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
        _ = try await listener.accept()
      }
    }
    #expect(error?.reason == .stalled)
    #expect(error?.seed == 3)
    #expect(error?.trace.isEmpty == false)
    #expect(error.map { "\($0)".contains("seed 3") } == true)
  }

  @Test func aLoopThatSpinsIsTold() throws {
    let simulation = Simulation(seed: 1)
    let error = #expect(throws: SimulationError.self) {
      try simulation.run { group in
        let loop = group.loops[0]
        loop.perform { Spinner(loop).spin() }
        try await loop.sleep(for: .seconds(60))
      }
    }
    #expect(error?.reason == .spinning)
  }

  @Test func aStrangersDescriptorIsTold() throws {
    let error = #expect(throws: SimulationError.self) {
      try Simulation(seed: 1).run { group in
        let loop = group.loops[0]
        let handler = OperationHandler { _, _ in }
        _ = unsafe try loop.submit(
          .close(.file(FileDescriptor(rawValue: 1_000_123))), handler: handler)
        try await loop.sleep(for: .seconds(1))
      }
    }
    guard case .violated = error?.reason else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func whatTheBodyThrowsComesOut() throws {
    struct Failure: Error {}
    #expect(throws: Failure.self) {
      try Simulation(seed: 1).run { _ in throw Failure() }
    }
  }

  @Test func whatAStepThrowsComesOut() throws {
    struct Failure: Error {}
    let simulation = Simulation(seed: 1)
    simulation.afterStep = { turn in
      if turn.machine.enterCount > 3 { throw Failure() }
    }
    #expect(throws: Failure.self) {
      try simulation.run { group in try await group.next().sleep(for: .seconds(1)) }
    }
  }
}

/// Submits a request that fails, at once and again.
private final class Spinner: @unchecked Sendable {
  // Unchecked: used on the loop's thread only.
  private let loop: CompletionLoop

  init(_ loop: CompletionLoop) {
    self.loop = loop
  }

  func spin() {
    let handler = OperationHandler { _, _ in self.spin() }
    _ = unsafe try? loop.submit(.nop, handler: handler)
  }
}
