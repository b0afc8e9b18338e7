// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import Glibc
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// What outlives its loops, and is still called.
@Suite(.timeLimit(.minutes(3))) struct AfterTheGroupTests {
  /// Foreign code ran under a lock: two ended loops whose leftover jobs call each other locked up.
  @Test func leftoversOfTwoLoopsMayCallEachOther() async throws {
    let loops = try await [endedLoop(), endedLoop()]
    let isRunning = [Event(), Event()]
    let isCalled = [Event(), Event()]
    for index in 0..<2 {
      let (own, other) = (loops[index], loops[1 - index])
      _ = try TestThread {
        own.perform {
          isRunning[index].happen()
          // Both run their leftovers now, each on its thread.
          while !isRunning[1 - index].hasHappened { sched_yield() }
          other.perform { isCalled[1 - index].happen() }
        }
      }
    }
    for event in isCalled { await event.wait() }
  }

  @Test func actorsOfTwoEndedLoopsMayCallEachOther() async throws {
    let counters = try await [Counter(on: endedLoop()), Counter(on: endedLoop())]
    await withTaskGroup { tasks in
      for index in 0..<100 {
        tasks.addTask { await counters[index % 2].add(thenTo: counters[1 - index % 2]) }
      }
    }
    #expect(await counters[0].count == 100)
    #expect(await counters[1].count == 100)
  }

  /// An actor that outlived the group of its loop aborted the process.
  @Test func anActorMayOutliveItsLoop() async {
    await #expect(processExitsWith: .success) {
      let ending = Ending()
      let counter = try await Self.counterOfAnEndedLoop(ending)
      // The loop is gone, its executor is not.
      while ending.loop != nil { await Task.yield() }
      for _ in 0..<100 { await counter.add() }
      await withTaskGroup { tasks in
        for _ in 0..<100 { tasks.addTask { await counter.add() } }
      }
      require(await counter.count == 201)
    }
  }

  @Test func anActorMayBeCalledWhileItsLoopEnds() async {
    await #expect(processExitsWith: .success) {
      for _ in 0..<50 {
        let group = try CompletionLoopGroup(count: 1)
        let counter = Counter(on: group.loops[0])
        async let closing: Void = group.close()
        await withTaskGroup { tasks in
          for _ in 0..<100 { tasks.addTask { await counter.add() } }
        }
        await closing
        require(await counter.count == 100)
      }
    }
  }

  private static func counterOfAnEndedLoop(_ ending: Ending) async throws -> Counter {
    let group = try CompletionLoopGroup(count: 1)
    let counter = Counter(on: group.loops[0])
    ending.loop = group.loops[0]
    await counter.add()
    await group.close()
    return counter
  }

  private func endedLoop() async throws -> CompletionLoop {
    let group = try CompletionLoopGroup(count: 1)
    let loop = group.loops[0]
    await group.close()
    return loop
  }
}

/// Tells when a loop is gone.
private final class Ending {
  weak var loop: CompletionLoop?
}

/// An actor on a loop's thread, as a user would write it.
private actor Counter {
  private let executor: LoopSerialExecutor
  private(set) var count = 0

  init(on loop: CompletionLoop) {
    executor = loop.serialExecutor
  }

  nonisolated var unownedExecutor: UnownedSerialExecutor {
    unsafe executor.asUnownedSerialExecutor()
  }

  func add() {
    preconditionIsolated()
    count += 1
  }

  func add(thenTo other: Counter) async {
    add()
    await other.add()
    preconditionIsolated()
  }
}
