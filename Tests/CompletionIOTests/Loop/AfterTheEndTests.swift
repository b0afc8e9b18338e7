// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing

@testable import CompletionIO
@testable import Uring

/// A loop that has ended still has users: connections that are dropped, tasks that prefer it.
@Suite(.timeLimit(.minutes(3))) struct AfterTheEndTests {
  private func endedLoop(
    _ prepare: (LoopFixture) throws -> Void = { _ in }
  ) throws -> LoopFixture {
    let fixture = try LoopFixture()
    try prepare(fixture)
    fixture.turn()
    fixture.stop()
    return fixture
  }

  @Test func functionsAreCalledAtOnce() throws {
    let loop = try endedLoop().loop
    var calls: [Int] = []
    nonisolated(unsafe) let append: (Int) -> Void = { calls.append($0) }
    loop.perform {
      unsafe append(1)
      // Not a second turn at the same lock.
      loop.perform { unsafe append(2) }
      unsafe append(3)
    }
    #expect(calls == [1, 2, 3])
  }

  @Test func theLoopIsCurrentForAsLongAsAFunctionIsCalled() throws {
    let loop = try endedLoop().loop
    #expect(!loop.isCurrent)
    loop.perform { #expect(loop.isCurrent) }
    #expect(!loop.isCurrent)
  }

  @Test func aConnectionMayBeDropped() throws {
    var connection: StreamConnection?
    let fixture = try endedLoop { fixture in
      connection = StreamConnection(fixture.stream(99))
    }
    #expect(connection != nil)
    connection = nil
    #expect(fixture.kernel.closed.map(\.rawValue) == [99])
  }

  @Test func aTaskThatPrefersItGoesOn() async throws {
    let loop = try endedLoop().loop
    let sum = await Task(executorPreference: loop) {
      var sum = 0
      for number in 1...10 {
        await Task.yield()
        sum += number
      }
      return sum
    }.value
    #expect(sum == 55)
  }

  @Test func aTaskMayUseAConnectionOfIt() async throws {
    var connection: StreamConnection?
    let loop = try endedLoop { fixture in
      connection = StreamConnection(fixture.stream(99))
    }.loop
    let used = try #require(connection)
    let error = await Task(executorPreference: loop) { () -> SocketError? in
      await used.close()
      do throws(SocketError) {
        _ = try await used.receive()
        return nil
      } catch {
        return error
      }
    }.value
    #expect(error?.operation == .receive)
  }

  @Test func nobodyWaitsForAnOperationThatCannotStart() throws {
    let loop = try endedLoop().loop
    loop.perform {
      let handler = OperationHandler { _, _ in }
      let token = loop.begin(
        .made(.receive, byteCount: 1), policy: .completion, owner: handler)
      #expect(token == nil)
    }
  }
}
