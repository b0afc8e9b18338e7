// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing

@testable import CompletionIO
@testable import Uring

/// A completion that arrives for nobody still gives back what it carries.
@Suite struct StaleCompletionTests {
  private let fixture: LoopFixture

  init() throws { fixture = try LoopFixture() }

  private func endedToken(_ fixture: LoopFixture, _ request: Request) throws -> Token {
    let recorded = try fixture.start(request)
    fixture.turn()
    try fixture.kernel.fail(request.operation, .connectionReset)
    fixture.turn()
    return try #require(recorded.token)
  }

  @Test func itsBufferReturnsToThePool() throws {
    let token = try endedToken(fixture, .receiveMany())
    fixture.kernel.post(token, ScriptedKernel.Reply(result: 12, takesBuffer: true))
    #expect(fixture.kernel.buffers.count == 3)
    fixture.turn()
    #expect(fixture.loop.statistics.staleCompletions == 1)
    expectAllBuffersWithTheKernel(fixture)
  }

  @Test func itsDescriptorIsClosed() throws {
    let token = try endedToken(fixture, .acceptMany())
    fixture.kernel.post(token, ScriptedKernel.Reply(result: 33))
    fixture.settle()
    #expect(fixture.kernel.closed == [.file(FileDescriptor(rawValue: 33))])
  }

  /// The number is a place in the table: closing descriptor 33 would hit a stranger's.
  @Test func itsPlaceInTheDirectTableIsEmptied() throws {
    let fixture = try LoopFixture { $0.directDescriptorCount = 64 }
    let token = try endedToken(fixture, .acceptMany(options: .intoDirectTable))
    fixture.kernel.post(token, ScriptedKernel.Reply(result: 33))
    fixture.settle()
    #expect(fixture.kernel.closed == [.direct(33)])
  }

  @Test func anErrorCarriesNothing() throws {
    let token = try endedToken(fixture, .acceptMany())
    fixture.kernel.post(token, ScriptedKernel.Reply(result: -Errno.canceled.rawValue))
    fixture.settle()
    #expect(fixture.kernel.closed == [])
    #expect(fixture.loop.statistics.staleCompletions == 1)
  }

  @Test func itDoesNotTouchTheNewUserOfThePlace() throws {
    let old = try endedToken(fixture, .made(.receive, byteCount: 8))
    let new = try fixture.start(.made(.receive, byteCount: 8))
    #expect(new.token?.slot == old.slot)
    fixture.turn()
    fixture.kernel.post(old, ScriptedKernel.Reply(result: 8))
    fixture.settle()
    #expect(new.outcomes.isEmpty)
    try fixture.kernel.complete(.receive, 5)
    fixture.settle()
    #expect(new.results == [5])
  }

  @Test func tokensThatNeverWereAreCountedAndForgotten() throws {
    for raw: UInt64 in [0, .max >> 8, 0x05_000001_00000009, 0xff_000001_00000001] {
      fixture.kernel.post(Token(rawValue: raw), ScriptedKernel.Reply(result: 1))
    }
    fixture.turn()
    #expect(fixture.loop.statistics.staleCompletions >= 3)
    #expect(fixture.loop.operationCount == 0)
  }

  /// Of a place in use but before its first use, of one that was never used, of one behind the table.
  @Test(arguments: [0, 200, 299])
  func whatATokenThatNeverWasCarriesGoesBack(_ slot: Int) throws {
    let recorded = try fixture.start(.receiveMany())
    fixture.turn()
    for operation in [Uring.Operation.receive, .accept] {
      fixture.kernel.post(
        Token(slot: slot, generation: 0, operation: operation),
        ScriptedKernel.Reply(result: 9, takesBuffer: operation == .receive))
    }
    fixture.turn(2)
    #expect(fixture.loop.statistics.staleCompletions == 2)
    #expect(fixture.kernel.closed == [.file(FileDescriptor(rawValue: 9))])
    #expect(recorded.outcomes.isEmpty)
    expectAllBuffersWithTheKernel(fixture)
  }

  @Test func aFailedCloseIsCounted() throws {
    fixture.kernel.refuse(.close, .ioError, .interrupted)
    for number: Int32 in [3, 4] { fixture.loop.close(.file(FileDescriptor(rawValue: number))) }
    fixture.settle()
    #expect(fixture.loop.statistics.controlFailures == 2)
    #expect(fixture.kernel.submissions(of: .close).count == 2)
  }
}
