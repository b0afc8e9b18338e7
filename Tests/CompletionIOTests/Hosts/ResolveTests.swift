// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import Glibc
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// Look-ups of hosts by tasks.
@Suite("Look-ups of hosts", .timeLimit(.minutes(3))) struct ResolveTests {
  @Test("The system's answer, on and off the loop", arguments: [false, true])
  func localhost(onLoop: Bool) async throws {
    try await withLoops { group in
      let loop = group.loops[0]
      let asking = Task(executorPreference: onLoop ? loop : nil) {
        try await loop.resolve(host: "localhost", port: 53, timeout: .seconds(60))
      }
      let addresses = try await asking.value
      #expect(addresses.contains(.loopback(port: 53)) || addresses.map(\.family) == [AF_INET6])
      #expect(Set(addresses).count == addresses.count)
      #expect(try await group.resolve(host: "localhost", port: 53) == addresses)
    }
  }

  @Test("A number is not looked up", arguments: ["127.0.0.1", "::1", "2001:db8::1"])
  func number(host: String) async throws {
    try await withLoops { group in
      let addresses = try await FakeHost { preconditionFailure("looked up") }
        .resolve(host, port: 7, on: group.loops[0])
      #expect(addresses.map(\.host) == [host] && addresses.map(\.port) == [7])
    }
  }

  @Test("Each address comes once, in the resolver's order")
  func order() async throws {
    try await withLoops { group in
      let six = try SocketAddress.ipv6("::1", port: 1)
      let (first, last) = (SocketAddress.loopback(port: 1), try SocketAddress.ipv6("::2", port: 1))
      let host = FakeHost { .success([first, six, first, last, six]) }
      #expect(try await host.resolve("two", on: group.loops[0]) == [first, six, last])
    }
  }

  @Test("A name without addresses is named")
  func unresolved() async throws {
    try await withLoops { group in
      let host = FakeHost { .failure(ResolutionFailure(code: EAI_AGAIN)) }
      let error = await failure { () async throws(SocketError) in
        _ = try await host.resolve("nobody.invalid", on: group.loops[0])
      }
      #expect(error?.cause == .unresolved && error?.operation == .resolve)
      #expect(error?.resolution?.code == EAI_AGAIN && error?.host == "nobody.invalid")
      #expect(error?.errno == .resourceTemporarilyUnavailable)
    }
  }

  enum Ending: CaseIterable {
    case timeout, deadline, cancellation, stop
  }

  @Test("A look-up that is given up leaves its thread behind", arguments: Ending.allCases)
  func leftBehind(_ ending: Ending) async throws {
    let (gate, asked, threads) = (Gate(), Event(), ResolverThreads(limit: 1))
    let group = try CompletionLoopGroup(count: 1)
    let loop = group.loops[0]
    let host = FakeHost(threads) {
      asked.happen()
      gate.wait()
      return .success([.loopback(port: 9)])
    }
    let asking = attempt { () async throws(SocketError) in
      let deadline = loop.now + (ending == .deadline ? .milliseconds(5) : .seconds(3600))
      _ = try await loop.withDeadline(deadline) { () async throws(SocketError) in
        try await host.resolve(
          "stuck", on: loop, timeout: ending == .timeout ? .milliseconds(5) : nil)
      }
    }
    switch ending {
    // The time may have passed before the thread has begun.
    case .timeout, .deadline: break
    case .cancellation:
      await asked.wait()
      asking.cancel()
    case .stop:
      await asked.wait()
      await group.close()
    }
    let error = await asking.value
    let causes: [Ending: SocketError.Cause] = [
      .timeout: .timeout, .deadline: .timeout, .cancellation: .cancellation, .stop: .loopStopped,
    ]
    #expect(error?.cause == causes[ending] && error?.host == "stuck")
    #expect(error?.operation == .resolve)
    if asked.hasHappened { #expect(threads.counts == (1, 0)) }
    #expect(threads.counts.inLine == 0)
    gate.open()
    while threads.counts != (0, 0) { await Task.yield() }
    await group.close()
    let late = await failure { () async throws(SocketError) in
      _ = try await host.resolve("late", on: loop)
    }
    #expect(late?.cause == .loopStopped && late?.host == "late")
  }

  @Test("The loop turns while a name is looked up")
  func loopGoesOn() async throws {
    try await withLoops { group in
      let (gate, loop) = (Gate(), group.loops[0])
      let host = FakeHost(ResolverThreads(limit: 1)) {
        gate.wait()
        return .success([.loopback(port: 9)])
      }
      let asking = Task(executorPreference: loop) { try await host.resolve("slow", on: loop) }
      let pair = try await ConnectionPair(on: group)
      try await pair.near.send([1])
      #expect(try await pair.far.receive(atMost: 1) == [1])
      gate.open()
      #expect(try await asking.value == [.loopback(port: 9)])
      await pair.close()
    }
  }
}
