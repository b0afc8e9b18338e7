// SPDX-License-Identifier: Apache-2.0

import ReadinessIO
import SystemPackage
import Testing

@Suite("Level, edge and oneshot", .timeLimit(.minutes(3)))
struct ModeTests {
  @Test("Level mode reports at every wait until the bytes are read", arguments: PollerKind.allCases)
  func level(kind: PollerKind) throws {
    let (poller, channel) = try kind.watching(.readable)
    #expect(try poller.ready() == [])

    channel.write(1, to: channel.far)
    let expected = [ReadinessEvent(token: 7, readiness: .readable)]
    for _ in 0..<3 { #expect(try poller.ready() == expected) }

    channel.drain(channel.near)
    #expect(try poller.ready() == [])
  }

  @Test("Edge mode reports each arrival once", arguments: PollerKind.allCases)
  func edge(kind: PollerKind) throws {
    let (poller, channel) = try kind.watching(.readable, mode: .edge)
    #expect(try poller.ready() == [])

    let expected = [ReadinessEvent(token: 7, readiness: .readable)]
    for _ in 0..<3 {
      channel.write(1, to: channel.far)
      channel.write(1, to: channel.far)
      #expect(try poller.ready() == expected)
      #expect(try poller.ready() == [])
    }
  }

  @Test("Edge mode reports what was there before, once", arguments: PollerKind.allCases)
  func edgeBefore(kind: PollerKind) throws {
    let poller = try kind.make()
    let channel = try Channel.stream()
    channel.write(1, to: channel.far)
    try poller.register(
      channel.near, token: 7, interest: [.readable, .writable], mode: .edge)
    let expected = [ReadinessEvent(token: 7, readiness: [.readable, .writable])]
    #expect(try poller.ready() == expected)
    #expect(try poller.ready() == [])

    try poller.modify(channel.near, token: 8, interest: .readable, mode: .edge)
    #expect(try poller.ready() == [ReadinessEvent(token: 8, readiness: .readable)])
    #expect(try poller.ready() == [])
  }

  @Test("Oneshot reports once and waits to be modified", arguments: PollerKind.allCases)
  func oneshot(kind: PollerKind) throws {
    let (poller, channel) = try kind.watching(.readable, mode: .oneshot)
    channel.write(1, to: channel.far)
    #expect(try poller.ready() == [ReadinessEvent(token: 7, readiness: .readable)])

    channel.write(1, to: channel.far)
    channel.closeFar()
    #expect(try poller.ready() == [])

    try poller.modify(channel.near, token: 8, interest: .writable, mode: .oneshot)
    #expect(
      try poller.ready() == [ReadinessEvent(token: 8, readiness: [.writable, .hangup])])
    #expect(try poller.ready() == [])
  }

  @Test("Bytes that were read before the wait are not reported", arguments: PollerKind.allCases)
  func alreadyRead(kind: PollerKind) throws {
    for mode in PollMode.allCases {
      let (poller, channel) = try kind.watching(.readable, mode: mode)
      #expect(try poller.ready() == [])
      channel.write(1, to: channel.far)
      channel.drain(channel.near)
      #expect(try poller.ready() == [], "\(mode)")

      channel.write(1, to: channel.far)
      let expected = [ReadinessEvent(token: 7, readiness: .readable)]
      #expect(try poller.ready() == expected, "\(mode)")
    }
  }

  @Test("A half-closed peer is told only to who asks", arguments: PollerKind.allCases)
  func halfClosed(kind: PollerKind) throws {
    for mode in PollMode.allCases {
      let poller = try kind.make()
      let channel = try Channel.stream()
      channel.fill(channel.near)
      channel.shutDownFar()
      try poller.register(channel.near, token: 7, interest: .writable, mode: mode)
      let calls = poller.kernelCallCount
      for _ in 0..<3 { #expect(try poller.ready() == [], "\(mode)") }
      #expect(try poller.ready(timeout: .milliseconds(2)) == [], "\(mode)")
      // The kernel wakes a poll for it whether asked or not; that must not spin.
      #expect(poller.kernelCallCount - calls < 24, "\(mode)")

      channel.drain(channel.far)
      let writable = [ReadinessEvent(token: 7, readiness: .writable)]
      #expect(try poller.ready() == writable, "\(mode)")

      try poller.modify(
        channel.near, token: 8, interest: [.readable, .peerClosed], mode: mode)
      let closed = [ReadinessEvent(token: 8, readiness: [.readable, .peerClosed])]
      #expect(try poller.ready() == closed, "\(mode)")
    }
  }

  @Test("A hang-up and an error need not be asked for", arguments: PollerKind.allCases)
  func alwaysReported(kind: PollerKind) throws {
    let poller = try kind.make()
    let stream = try Channel.stream()
    let pipe = try Channel.pipe()
    try poller.register(stream.near, token: 1, interest: [], mode: .level)
    try poller.register(pipe.far, token: 2, interest: [], mode: .level)
    #expect(try poller.ready() == [])
    stream.closeFar()
    pipe.closeNear()
    #expect(
      try poller.ready() == [
        ReadinessEvent(token: 1, readiness: .hangup), ReadinessEvent(token: 2, readiness: .error),
      ])
  }
}
