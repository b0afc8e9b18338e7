// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO
@testable import SimulatedKernel

/// What a simulated kernel notices of a program that is wrong.
@Suite struct ViolationTests {
  let machine = SimulatedMachine(seed: 1)
  let ring: SimulatedRing
  let stage: Stage

  init() throws {
    ring = SimulatedRing(on: machine)
    stage = try Stage(ring, on: machine)
  }

  @Test func aSecondCloseIsNoticed() throws {
    let socket = try stage.socket()
    stage.submit("close", .close(.file(socket)))
    stage.submit("again", .close(.file(socket)))
    try stage.complete(2)
    #expect(stage.answers == ["close: 0", "again: error 9"])
    #expect(machine.violations.count == 1)
  }

  @Test func aCloseUnderARequestIsCounted() throws {
    let (_, server) = try stage.pair()
    stage.submit("poll", .poll(.file(server), mask: 1))
    stage.submit("close", .close(.file(server)))
    try stage.complete()
    #expect(stage.answers.last == "close: 0")
    #expect(machine.busyCloseCount == 1)
    #expect(machine.violations == [])
  }

  @Test func aQuestionToAClosedNumberIsNoticed() throws {
    let socket = try stage.socket()
    stage.close(socket)
    #expect(throws: Errno.badFileDescriptor) { try machine.peerAddress(of: socket) }
    #expect(machine.violations.count == 1)
  }

  @Test func aTokenThatIsInUseIsNoticed() throws {
    let (client, _) = try stage.pair()
    let token = Token(slot: 5, generation: 1, operation: .poll)
    for _ in 0..<2 { _ = ring.prepare(.poll(.file(client), mask: 1), token: token) }
    try stage.completeAtOnce()
    #expect(machine.violations.count == 1)
  }

  @Test func memoryThatIsWrittenToTooEarlyIsNoticed() throws {
    let (client, _) = try stage.pair()
    let memory = stage.lend(numbered(64))
    unsafe try stage.perform(
      "send", .sendZeroCopy(memory.start, byteCount: 64, to: .file(client)))
    memory[3] = 99
    try stage.complete()
    #expect(machine.violations.count == 1)
  }

  @Test func aBufferThatIsReceivedIntoIsTheProgramsUntilItComesBack() throws {
    ring.provide(from: stage.pool)
    #expect(ring.heldBufferCount == 2)
    let (client, server) = try stage.pair()
    stage.submit("send", stage.sending(16, to: client))
    stage.submit("receive", .receive(.file(server), bufferGroup: 0))
    try stage.complete(2)
    #expect(ring.heldBufferCount == 1)
    #expect(machine.violations == [])
  }
}
