// SPDX-License-Identifier: Apache-2.0

import Glibc
import ReadinessIO
import SystemPackage
import TestSupport
import Testing

@Suite("Pollers in pollers", .timeLimit(.minutes(3)))
struct NestedPollerTests {
  private static let inner = [ReadinessEvent(token: 1, readiness: .readable)]

  @Test(
    "A poller in a poller tells of events", arguments: PollerKind.allCases, PollerKind.allCases)
  func nested(kind: PollerKind, outerKind: PollerKind) throws {
    for mode in PollMode.allCases {
      let outer = try outerKind.make()
      let poller = try kind.make()
      let channels = try (0..<2).map { _ in try Channel.stream() }
      // One is registered before anybody asks for the descriptor, the other one after.
      try poller.register(channels[0].near, token: 7, interest: .readable, mode: mode)
      try outer.register(poller.fileDescriptor(), token: 1, interest: .readable, mode: .level)
      try poller.register(channels[1].near, token: 7, interest: .readable, mode: mode)
      #expect(try outer.ready() == [])
      for channel in channels {
        channel.write(1, to: channel.far)
        #expect(try outer.ready(timeout: nil) == Self.inner, "\(mode)")
        #expect(try poller.ready() == [ReadinessEvent(token: 7, readiness: .readable)])
        // What is not taken is told of for as long as it is there, or not again.
        #expect(try outer.ready() == (mode == .level ? Self.inner : []), "\(mode)")
        channel.drain(channel.near)
        #expect(try poller.ready() == [])
        #expect(try outer.ready() == [], "\(mode)")
      }
      try outer.deregister(poller.fileDescriptor())
    }
  }

  @Test("The descriptor may be asked for late", arguments: PollerKind.allCases)
  func late(kind: PollerKind) throws {
    let poller = try kind.make()
    let channels = try (0..<2).map { _ in try Channel.stream() }
    for channel in channels {
      try poller.register(channel.near, token: 7, interest: .readable, mode: .level)
    }
    // The kernel has the polls, and an event that nobody has taken.
    #expect(try poller.ready() == [])
    channels[0].write(1, to: channels[0].far)
    let descriptor = try poller.fileDescriptor()
    for channel in channels {
      channel.write(1, to: channel.far)
      #expect(Self.events(of: descriptor, timeout: -1) == Int16(POLLIN))
      #expect(try poller.ready() == [ReadinessEvent(token: 7, readiness: .readable)])
      channel.drain(channel.near)
      #expect(try poller.ready() == [])
    }
  }

  @Test("A refused change hides nothing", arguments: PollerKind.allCases)
  func refused(kind: PollerKind) throws {
    let poller = try kind.make()
    let channels = try (0..<2).map { _ in try Channel.Kind.stream.makeApart() }
    let descriptor = try poller.fileDescriptor()
    for (index, channel) in channels.enumerated() {
      try poller.register(
        channel.near, token: UInt64(index), interest: .readable, mode: .level)
    }
    let closed = channels[0].near
    channels[0].closeNear()
    channels[1].write(1, to: channels[1].far)
    // Takes in what has completed, and then throws.
    #expect(throws: Errno.badFileDescriptor) { try poller.deregister(closed) }
    #expect(Self.events(of: descriptor, timeout: 10_000) == Int16(POLLIN))
    #expect(try poller.ready() == [ReadinessEvent(token: 1, readiness: .readable)])
  }

  @Test("A sleeping thread is woken, which is not the poller's", arguments: PollerKind.allCases)
  func sleeper(kind: PollerKind) throws {
    let (poller, channel) = try kind.watching(.readable)
    let descriptor = try poller.fileDescriptor()
    let watched = WatchedThread()
    let sleeper = try TestThread {
      do {
        let outer = try PollerKind.epoll.make()
        try outer.register(descriptor, token: 1, interest: .readable, mode: .level)
        watched.isAboutToSleep()
        // Ends by itself, so that a wake that is not told fails the test.
        #expect(try outer.ready(timeout: .seconds(20)) == Self.inner)
      } catch {
        Issue.record(error)
      }
    }
    watched.waitUntilAsleep()
    channel.write(1, to: channel.far)
    sleeper.join()
    #expect(try poller.ready() == [ReadinessEvent(token: 7, readiness: .readable)])
  }

  @Test("A poller's descriptor is one for poll(2)", arguments: PollerKind.allCases)
  func pollCall(kind: PollerKind) throws {
    let poller = try kind.make()
    let channel = try Channel.stream()
    let descriptor = try poller.fileDescriptor()
    #expect(try poller.fileDescriptor() == descriptor)
    #expect(Self.events(of: descriptor, timeout: 0) == 0)
    try poller.register(channel.near, token: 7, interest: .readable, mode: .edge)
    #expect(Self.events(of: descriptor, timeout: 0) == 0)
    channel.write(1, to: channel.far)
    #expect(Self.events(of: descriptor, timeout: -1) == Int16(POLLIN))
    #expect(try poller.ready().count == 1)
    #expect(Self.events(of: descriptor, timeout: 0) == 0)
  }

  @Test("A wake is told of", arguments: PollerKind.allCases, PollerKind.allCases)
  func wake(kind: PollerKind, outerKind: PollerKind) throws {
    let outer = try outerKind.make()
    let poller = try kind.make()
    try outer.register(poller.fileDescriptor(), token: 1, interest: .readable, mode: .level)
    var events: [ReadinessEvent] = []
    for _ in 0..<3 {
      poller.waker.wake()
      #expect(try outer.ready(timeout: nil) == Self.inner)
      #expect(try poller.wait(into: &events, timeout: nil))
      #expect(events == [])
    }
    try outer.deregister(poller.fileDescriptor())
  }

  @Test(
    "Any file's events are told of, again and again", arguments: PollerKind.allCases,
    Channel.Kind.allCases)
  func files(kind: PollerKind, file: Channel.Kind) throws {
    let outer = try PollerKind.epoll.make()
    let poller = try kind.make()
    try outer.register(poller.fileDescriptor(), token: 1, interest: .readable, mode: .level)
    let channel = try file.make()
    try poller.register(channel.near, token: 7, interest: .readable, mode: .edge)
    for _ in 0..<4 {
      channel.write(8, to: channel.far)
      #expect(try outer.ready(timeout: .seconds(10)) == Self.inner)
      #expect(try poller.ready() == [ReadinessEvent(token: 7, readiness: .readable)])
      channel.drain(channel.near)
    }
  }

  @Test("What a wait leaves is told of", arguments: PollerKind.allCases)
  func leftOver(kind: PollerKind) throws {
    let outer = try PollerKind.epoll.make()
    let poller = try kind.make()
    try outer.register(poller.fileDescriptor(), token: 1, interest: .readable, mode: .level)
    let channels = try (0..<100).map { _ in try Channel.stream() }
    for (index, channel) in channels.enumerated() {
      try poller.register(channel.near, token: UInt64(index), interest: .readable, mode: .oneshot)
    }
    #expect(try outer.ready() == [])
    for channel in channels { channel.write(1, to: channel.far) }
    var seen: Set<UInt64> = []
    for limit in [1, 2, 30, 60, 6, 1] {
      #expect(try outer.ready(timeout: nil) == Self.inner)
      seen.formUnion(try poller.ready(limit: limit).map(\.token))
    }
    #expect(seen.count == 100)
    #expect(try outer.ready() == [])
  }

  @Test("A changed registration is told of without a wait", arguments: PollerKind.allCases)
  func changed(kind: PollerKind) throws {
    let outer = try PollerKind.epoll.make()
    let poller = try kind.make()
    try outer.register(poller.fileDescriptor(), token: 1, interest: .readable, mode: .level)
    let channel = try Channel.stream()
    try poller.register(channel.near, token: 7, interest: .readable, mode: .oneshot)
    #expect(try outer.ready() == [])
    try poller.modify(channel.near, token: 8, interest: .writable, mode: .level)
    #expect(try outer.ready(timeout: nil) == Self.inner)
    #expect(try poller.ready() == [ReadinessEvent(token: 8, readiness: .writable)])
    #expect(try outer.ready() == Self.inner)
    try poller.deregister(channel.near)
    #expect(try outer.ready() == [])
  }

  @Test("A poller does not watch itself", arguments: PollerKind.allCases)
  func itself(kind: PollerKind) throws {
    let poller = try kind.make()
    let descriptor = try poller.fileDescriptor()
    #expect(throws: Errno.invalidArgument) {
      try poller.register(descriptor, token: 1, interest: .readable, mode: .level)
    }
  }

  private static func events(of descriptor: FileDescriptor, timeout: Int32) -> Int16 {
    var state = pollfd(fd: descriptor.rawValue, events: Int16(POLLIN), revents: 0)
    while unsafe poll(&state, 1, timeout) < 0 {}
    return state.revents
  }
}
