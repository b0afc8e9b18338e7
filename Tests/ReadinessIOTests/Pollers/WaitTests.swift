// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import TestSupport
import Testing

@testable import ReadinessIO

@Suite("Waiting", .timeLimit(.minutes(3)))
struct WaitTests {
  @Test("A wake that came before ends one wait", arguments: PollerKind.allCases)
  func wakeBefore(kind: PollerKind) throws {
    let poller = try kind.make()
    var events: [ReadinessEvent] = []
    for _ in 0..<3 {
      poller.waker.wake()
      poller.waker.wake()
      #expect(try poller.wait(into: &events, timeout: nil))
      #expect(try !poller.wait(into: &events, timeout: .zero))
      #expect(events == [])
    }
  }

  @Test("A wake from another thread ends a wait", arguments: PollerKind.allCases)
  func wakeAcross(kind: PollerKind) throws {
    let poller = try kind.make()
    let waker = poller.waker
    var events: [ReadinessEvent] = []
    for _ in 0..<8 {
      let thread = try TestThread { waker.wake() }
      #expect(try poller.wait(into: &events, timeout: nil))
      thread.join()
    }
  }

  @Test("A wake and an event come together", arguments: PollerKind.allCases)
  func wakeAndEvent(kind: PollerKind) throws {
    let poller = try kind.make(eventLimit: 1)
    let channel = try Channel.stream()
    try poller.register(channel.near, token: 7, interest: .writable, mode: .level)
    poller.waker.wake()
    var events: [ReadinessEvent] = []
    #expect(try poller.wait(into: &events, timeout: nil))
    #expect(events == [ReadinessEvent(token: 7, readiness: .writable)])
  }

  @Test("A wait without events ends with its time", arguments: PollerKind.allCases)
  func timeout(kind: PollerKind) throws {
    let (poller, channel) = try kind.watching(.readable)
    #expect(try poller.ready(timeout: .microseconds(300)) == [])
    #expect(try poller.ready(timeout: .seconds(-1)) == [])
    channel.write(1, to: channel.far)
    #expect(try poller.ready(timeout: .seconds(60)).count == 1)
  }

  @Test("A kernel that counts waits in milliseconds ends them no earlier")
  func milliseconds() throws {
    let counts = [0, 1, 999_999, 1_000_000, 1_000_001, Int64.max].map {
      EpollPoller.milliseconds(notBelow: $0)
    }
    #expect(counts == [0, 1, 1, 1, 2, Int32.max])
  }

  @Test("All of many descriptors are reported in one wait", arguments: PollerKind.allCases)
  func many(kind: PollerKind) throws {
    for mode in PollMode.allCases {
      let poller = try kind.make()
      let channels = try (0..<100).map { _ in try Channel.stream() }
      for (index, channel) in channels.enumerated() {
        try poller.register(
          channel.near, token: UInt64(index), interest: .readable, mode: mode)
      }
      #expect(try poller.ready() == [])
      for channel in channels { channel.write(1, to: channel.far) }
      #expect(try poller.ready().map(\.token) == Array(0..<100), "\(mode)")
    }
  }

  @Test("Beyond the event limit every descriptor has its turn", arguments: PollerKind.allCases)
  func limit(kind: PollerKind) throws {
    let poller = try kind.make(eventLimit: 8)
    let channels = try (0..<40).map { _ in try Channel.stream() }
    for (index, channel) in channels.enumerated() {
      try poller.register(channel.near, token: UInt64(index), interest: .writable, mode: .level)
    }
    var seen: Set<UInt64> = []
    for _ in 0..<6 {
      let ready = try poller.ready()
      #expect(ready.count <= 8)
      seen.formUnion(ready.map(\.token))
    }
    #expect(seen.count == 40)
  }

  @Test("A wait takes no more than it says, and nothing is lost", arguments: PollerKind.allCases)
  func limitOfAWait(kind: PollerKind) throws {
    for mode in PollMode.allCases {
      let poller = try kind.make(eventLimit: 8)
      let channels = try (0..<20).map { _ in try Channel.stream() }
      for (index, channel) in channels.enumerated() {
        try poller.register(channel.near, token: UInt64(index), interest: .writable, mode: mode)
      }
      var seen: [UInt64] = []
      for limit in [1, 2, 3, 1, 5, 8, Int.max, 8, 8] {
        let ready = try poller.ready(limit: limit)
        #expect(ready.count <= min(limit, 8), "\(mode)")
        seen += ready.map(\.token)
      }
      #expect(Set(seen).count == 20, "\(mode)")
      if mode != .level { #expect(seen.count == 20, "\(mode)") }
    }
  }

  @Test("A wait for one event has it beside a wake", arguments: PollerKind.allCases)
  func limitBesideWake(kind: PollerKind) throws {
    let poller = try kind.make()
    let channels = try (0..<3).map { _ in try Channel.stream() }
    for (index, channel) in channels.enumerated() {
      try poller.register(channel.near, token: UInt64(index), interest: .writable, mode: .oneshot)
    }
    var events: [ReadinessEvent] = []
    var (seen, wakeCount): (Set<UInt64>, Int) = ([], 0)
    poller.waker.wake()
    for _ in 0..<4 {
      if try poller.wait(into: &events, timeout: .zero, limit: 1) { wakeCount += 1 }
      #expect(events.count <= 1)
      seen.formUnion(events.map(\.token))
    }
    #expect(seen == [0, 1, 2])
    #expect(wakeCount == 1)
  }

  @Test("A wait and a wake report a descriptor once", arguments: PollerKind.allCases, 1...4)
  func onceBesideWake(kind: PollerKind, limit: Int) throws {
    let (poller, channel) = try kind.watching(.writable)
    poller.waker.wake()
    #expect(try poller.ready(limit: limit).count == 1)
    withExtendedLifetime(channel) {}
  }

  @Test(
    "A wait for no event is refused", arguments: PollerKind.allCases, [Int.min, -1, 0])
  func limitOfNone(kind: PollerKind, limit: Int) throws {
    let (poller, channel) = try kind.watching(.writable, mode: .oneshot)
    #expect(throws: Errno.invalidArgument) { try poller.ready(limit: limit) }
    #expect(try poller.ready().count == 1)
    withExtendedLifetime(channel) {}
  }

  @Test("A level-triggered event costs no submission")
  func callsPerEvent() throws {
    let (poller, channel) = try PollerKind.ring.watching(.readable)
    #expect(try poller.ready() == [])
    channel.write(1, to: channel.far)
    #expect(try poller.ready().count == 1)
    let calls = poller.kernelCallCount
    #expect(try poller.ready().count == 1)
    #expect(poller.kernelCallCount - calls == 1, "one poll(2) looks again")
  }
}
