// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing
import Uring

@testable import CompletionIO
@testable import SimulatedKernel

/// Timeouts on a kernel that makes life hard, and as far as no script can have the real one do it.
@Suite struct TimeoutFaultTests {
  private let seconds: UInt64 = 1_000_000_000

  private func stage(
    seed: UInt64 = 1, _ faults: Fault...
  ) throws -> (SimulatedMachine, Stage) {
    var plan = FaultPlan()
    for fault in faults { plan[fault] = 1 }
    let machine = SimulatedMachine(seed: seed, faults: plan)
    return (machine, try Stage(SimulatedRing(on: machine), on: machine))
  }

  /// A receive of four bytes that waits, with a timeout of a millisecond.
  private func submitReceive(
    on stage: Stage, endedAfter time: Duration = .milliseconds(1)
  ) throws -> (client: FileDescriptor, server: FileDescriptor) {
    let (client, server) = try stage.pair()
    stage.submit("receive", stage.receiving(4, from: server), endedAfter: time)
    return (client, server)
  }

  /// As after a want of memory in the kernel (io_submit_state_end).
  @Test func aPairThatIsTakenInPartsHasNoTimeLimit() throws {
    let (machine, stage) = try stage(.partialSubmission)
    let (client, _) = try submitReceive(on: stage)
    try stage.complete()
    #expect(stage.answers.suffix(1) == ["timeout of receive: error 22"])
    machine.advance(to: machine.now + seconds)
    stage.submit("send", stage.sending(4, to: client))
    try stage.complete(2)
    #expect(Set(stage.answers.suffix(2)) == ["send: 4", "receive: 4"])
    #expect(machine.armedCount == 0)
  }

  /// As on Linux 6.1.
  @Test func theTargetMayComeFirst() throws {
    let (_, stage) = try stage(.targetBeforeCancel)
    _ = try submitReceive(on: stage)
    try stage.complete(2)
    #expect(stage.answers.suffix(2) == ["receive: error 125", "timeout of receive: error 62"])
    let timeout = stage.submit("alone", .timeout(after: .seconds(3600)))
    stage.submit("cancel", .cancel(timeout))
    try stage.complete(2)
    #expect(stage.answers.suffix(2) == ["alone: error 125", "cancel: 0"])
  }

  @Test(arguments: 1...5 as ClosedRange<UInt64>)
  func aTimeoutMayMissItsTarget(_ seed: UInt64) throws {
    let (machine, stage) = try stage(seed: seed, .cancelMissed)
    let (client, _) = try submitReceive(on: stage)
    try stage.complete()
    let misses = ["timeout of receive: error 2", "timeout of receive: error 114"]
    #expect(misses.contains(stage.answers.last ?? ""))
    stage.submit("send", stage.sending(4, to: client))
    try stage.complete(2)
    #expect(Set(stage.answers.suffix(2)) == ["send: 4", "receive: 4"])
    #expect(machine.armedCount == 0)
  }

  @Test func aTimeoutMayFindItsTargetAtWork() throws {
    let (_, stage) = try stage(.cancelTooLate)
    _ = try submitReceive(on: stage)
    try stage.complete(2)
    #expect(stage.answers.suffix(2) == ["timeout of receive: error 114", "receive: error 4"])
  }

  /// A timeout that has not expired is always found: nothing is at work with it.
  @Test func aPlainTimeoutIsAlwaysFound() throws {
    let (_, stage) = try stage(.cancelMissed, .cancelTooLate)
    let timeout = stage.submit("timeout", .timeout(after: .seconds(3600)))
    stage.submit("cancel", .cancel(timeout))
    try stage.complete(2)
    #expect(stage.answers == ["cancel: 0", "timeout: error 125"])
  }

  @Test func aTimeoutMayBeLate() throws {
    let (machine, stage) = try stage(.lateWakeUp)
    let start = machine.now
    try stage.perform("timeout", .timeout(after: .milliseconds(1)))
    #expect(stage.answers == ["timeout: error 62"])
    #expect(machine.now > start + seconds / 1000)
  }

  /// The bytes arrive and time is up before the next enter.
  @Test func aTargetThatEndsAsTimeIsUpIsNotFound() throws {
    let (machine, stage) = try stage()
    let (client, _) = try submitReceive(on: stage)
    stage.submit("send", stage.sending(4, to: client))
    try stage.completeAtOnce()
    machine.advance(to: machine.now + seconds)
    try stage.complete(2)
    #expect(stage.answers.suffix(2) == ["receive: 4", "timeout of receive: error 2"])
  }

  @Test func whatHasEndedKeepsNobodyWaiting() throws {
    let (machine, stage) = try stage()
    let timeout = stage.submit("timeout", .timeout(after: .seconds(3600)))
    try stage.completeAtOnce()
    #expect(machine.nextEventTime.map { $0 > machine.now + 3000 * seconds } == true)
    stage.submit("cancel", .cancel(timeout))
    try stage.complete(2)
    #expect(machine.nextEventTime == nil)
  }

  @Test func theEndOfARingEndsThem() throws {
    let (machine, stage) = try stage()
    let (client, server) = try stage.pair()
    do {
      let ending = try Stage(SimulatedRing(on: machine), on: machine)
      ending.submit("receive", stage.receiving(8, from: server), endedAfter: .seconds(3600))
      ending.submit("timeout", .timeout(after: .seconds(3600)))
      try ending.completeAtOnce()
      #expect(machine.armedCount == 3)
      ending.close(server)
    }
    #expect(machine.armedCount == 0)
    machine.advance(to: machine.now + 7200 * seconds)
    // Closed before, and held by the receive until now.
    try stage.perform("receive", stage.receiving(8, from: client))
    #expect(stage.answers.last == "receive: 0")
  }

  /// Each of a pair completes once, whatever goes wrong.
  @Test(arguments: 1...100 as ClosedRange<UInt64>)
  func eachCompletesOnce(_ seed: UInt64) throws {
    let machine = SimulatedMachine(seed: seed)
    let ring = SimulatedRing(on: machine)
    let stage = try Stage(ring, on: machine)
    let sockets = try (0..<4).map { _ in try stage.pair() }
    var plan = FaultPlan.transient(rate: 0.2)
    for error in [Errno.interrupted, .resourceTemporarilyUnavailable, .noMemory, .resourceBusy] {
      plan[.enter(error)] = 0
    }
    machine.faults = FaultSource(plan, seed: seed)
    var numbers = SeededNumbers(seed: seed)
    let start = stage.answers.count
    for _ in 0..<100 {
      let (client, server) = sockets[numbers.below(4)]
      let time = Duration.microseconds(numbers.below(200))
      if ring.preparedCount + 4 > ring.lastSubmissionLimit {
        try stage.completeAtOnce()
      } else {
        let token = stage.submit("receive", stage.receiving(8, from: server), endedAfter: time)
          .request
        switch numbers.below(3) {
        case 0: stage.submit("send", stage.sending(8, to: client))
        case 1: stage.submit("cancel", .cancel(token))
        default: stage.submit("timeout", .timeout(after: time))
        }
      }
    }
    // What a timeout has missed waits until it is cancelled, perhaps more than once.
    for _ in 0..<200 where machine.armedCount > 0 || !ring.isQuiet {
      machine.advance(to: machine.now + seconds / 1000)
      if ring.lastSubmissionLimit > ring.preparedCount {
        stage.submit("end", .cancelAll)
      }
      try stage.completeAtOnce()
    }
    #expect(machine.armedCount == 0)
    #expect(machine.violations == [])
    #expect(stage.open.isEmpty)
    #expect(stage.answers.count > start)
  }
}
