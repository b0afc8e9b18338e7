// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import CompletionIO

@Suite("Signals", .timeLimit(.minutes(3)))
struct SignalTests {
  /// A signal that only one test uses, because tests run at the same time.
  private static func own(_ number: Int32) -> ProcessSignal {
    ProcessSignal(rawValue: 50 + number)
  }

  private func until(_ count: Int, waitsFor signal: ProcessSignal) async {
    while SignalHandlers.waitCount(for: signal) != count { await Task.yield() }
  }

  private func handler(of signal: ProcessSignal) -> UInt {
    var action = sigaction()
    unsafe sigaction(signal.rawValue, nil, &action)
    return unsafe unsafeBitCast(action.__sigaction_handler.sa_handler, to: UInt.self)
  }

  @Test("All that wait for a signal are told, and the earlier handler is put back")
  func told() async throws {
    let signal = Self.own(1)
    Glibc.signal(signal.rawValue) { _ in }
    let before = handler(of: signal)
    try await withLoops(2) { group in
      let waits = group.loops.map { loop in
        Task { try await loop.waitForSignal([Self.own(2), signal]) }
      }
      await until(2, waitsFor: signal)
      #expect(handler(of: signal) != before)
      kill(getpid(), signal.rawValue)
      for wait in waits {
        let told = try await wait.value
        #expect(told == signal)
      }
      #expect(handler(of: signal) == before)
      #expect(handler(of: Self.own(2)) == 0)
    }
  }

  @Test("A wait that is cancelled, or whose loop stops, puts the handler back")
  func cancelled() async throws {
    let signal = Self.own(3)
    let group = try CompletionLoopGroup(count: 1)
    let loop = group.loops[0]
    let first = Task { try await loop.waitForSignal([signal]) }
    await until(1, waitsFor: signal)
    first.cancel()
    await #expect(throws: LoopError(.cancelled)) { try await first.value }
    let second = Task { try await loop.waitForSignal([signal]) }
    await until(1, waitsFor: signal)
    await group.close()
    await #expect(throws: LoopError(.stopped)) { try await second.value }
    await #expect(throws: LoopError(.stopped)) { try await loop.waitForSignal([signal]) }
    #expect(handler(of: signal) == 0)
  }

  @Test("A signal that comes before the wait is kept for it, and told once")
  func kept() async throws {
    let (first, second) = (Self.own(8), Self.own(6))
    try await withLoops { group in
      let loop = group.loops[0]
      do {
        let signals = try CaughtSignals([first, second])
        kill(getpid(), first.rawValue)
        #expect(try await signals.next(on: loop) == first)
        let next = Task { try await signals.next(on: loop) }
        kill(getpid(), second.rawValue)
        #expect(try await next.value == second)
        let none = Task { try await signals.next(on: loop) }
        none.cancel()
        await #expect(throws: LoopError(.cancelled)) { try await none.value }
        kill(getpid(), first.rawValue)
        kill(getpid(), first.rawValue)
        #expect(try await signals.next(on: loop) == first)
      }
      #expect(handler(of: first) == 0)
    }
  }

  @Test("Two that wait for kept signals take one each")
  func takenOnce() async throws {
    let (first, second) = (Self.own(9), Self.own(10))
    let signals = try CaughtSignals([first, second])
    try await withLoops(2) { group in
      let waits = group.loops.map { loop in Task { try await signals.next(on: loop) } }
      kill(getpid(), first.rawValue)
      kill(getpid(), second.rawValue)
      var told: Set<ProcessSignal> = []
      for wait in waits { told.insert(try await wait.value) }
      #expect(told == [first, second])
    }
  }

  @Test("A group ends on a signal that came before its wait")
  func shutdownOnKept() async throws {
    let signal = Self.own(7)
    let signals = try CaughtSignals([signal])
    let group = try CompletionLoopGroup(count: 1)
    kill(getpid(), signal.rawValue)
    #expect(try await group.shutdown(grace: .seconds(10), on: signals) == 0)
  }

  @Test("What cannot be waited for is refused")
  func refused() async throws {
    try await withLoops { group in
      for number in [SIGKILL, SIGSTOP, 0, 65, -1] {
        await #expect(throws: LoopError(.unsuitableSignal)) {
          try await group.loops[0].waitForSignal([ProcessSignal(rawValue: number)])
        }
      }
      await #expect(throws: LoopError(.unsuitableSignal)) {
        try await group.loops[0].waitForSignal([])
      }
      await #expect(throws: LoopError(.timedOut)) {
        try await group.loops[0].withDeadline(group.loops[0].now) { () async throws(LoopError) in
          _ = try await group.loops[0].waitForSignal([Self.own(4)])
        }
      }
      #expect(handler(of: Self.own(4)) == 0)
    }
  }

  @Test("Waits leave no descriptors")
  func leavesNothing() async throws {
    try await withLoops { group in
      for _ in 0..<70 {
        let wait = Task { try await group.loops[0].waitForSignal([Self.own(5)]) }
        await until(1, waitsFor: Self.own(5))
        kill(getpid(), Self.own(5).rawValue)
        let told = try await wait.value
        #expect(told == Self.own(5))
      }
    }
  }

  @Test("A group shuts down on the signal that service managers send")
  func shutsDown() async throws {
    await #expect(processExitsWith: .success) {
      let group = try CompletionLoopGroup(count: 2)
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      let serving = Task {
        try await listener.serve { connection in
          while let chunk = try await connection.receiveUnlessDraining() {
            try await connection.send(chunk.bytes)
          }
        }
      }
      let clients = try CompletionLoopGroup(count: 1)
      let client = try await StreamConnection.connect(
        to: listener.localAddress, on: clients.loops[0])
      try await client.send([1])
      #expect(try await client.receive(atMost: 1) == [1])
      let signals = try CaughtSignals([.terminate, .interrupt])
      kill(getpid(), SIGTERM)
      let shutdown = Task { try await group.shutdown(grace: .seconds(60), on: signals) }
      #expect(try await client.receive() == nil)
      #expect(try await shutdown.value == 0)
      try await serving.value
      await client.close()
      await clients.close()
    }
  }

  @Test("A second signal, for which nobody waits, ends the process")
  func second() async throws {
    await #expect(processExitsWith: .signal(SIGTERM)) {
      let group = try CompletionLoopGroup(count: 1)
      let wait = Task { try await group.loops[0].waitForSignal([.terminate]) }
      while SignalHandlers.waitCount(for: .terminate) == 0 { await Task.yield() }
      kill(getpid(), SIGTERM)
      _ = try await wait.value
      kill(getpid(), SIGTERM)
      try await group.loops[0].sleep(for: .seconds(60))
    }
  }
}
