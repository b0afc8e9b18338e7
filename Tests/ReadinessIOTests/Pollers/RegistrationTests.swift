// SPDX-License-Identifier: Apache-2.0

import Glibc
import ReadinessIO
import SystemPackage
import TestSupport
import Testing
import Uring

@Suite("Registrations", .timeLimit(.minutes(3)))
struct RegistrationTests {
  @Test("A second register is EEXIST", arguments: PollerKind.allCases)
  func exists(kind: PollerKind) throws {
    let (poller, channel) = try kind.watching(.readable)
    #expect(throws: Errno.fileExists) {
      try poller.register(channel.near, token: 8, interest: .readable, mode: .edge)
    }
    channel.write(1, to: channel.far)
    #expect(try poller.ready() == [ReadinessEvent(token: 7, readiness: .readable)])
  }

  @Test("Modify and deregister of an unknown descriptor are ENOENT", arguments: PollerKind.allCases)
  func unknown(kind: PollerKind) throws {
    let poller = try kind.make()
    let channel = try Channel.stream()
    #expect(throws: Errno.noSuchFileOrDirectory) {
      try poller.modify(channel.near, token: 7, interest: .readable, mode: .level)
    }
    #expect(throws: Errno.noSuchFileOrDirectory) { try poller.deregister(channel.near) }
  }

  @Test("A closed descriptor is EBADF", arguments: PollerKind.allCases)
  func closed(kind: PollerKind) throws {
    let poller = try kind.make()
    #expect(throws: Errno.badFileDescriptor) {
      try poller.register(closedDescriptor, token: 7, interest: .readable, mode: .level)
    }
    #expect(throws: Errno.badFileDescriptor) {
      try poller.modify(closedDescriptor, token: 7, interest: .readable, mode: .level)
    }
    #expect(throws: Errno.badFileDescriptor) { try poller.deregister(closedDescriptor) }
  }

  @Test(
    "Files that are always ready are EPERM", arguments: PollerKind.allCases,
    ["/proc/self/exe", "/", "/dev/null"])
  func notPollable(kind: PollerKind, path: String) throws {
    let poller = try kind.make()
    let file = try FileDescriptor.open(FilePath(path), .readOnly)
    defer { try? file.close() }
    #expect(throws: Errno.notPermitted) {
      try poller.register(file, token: 7, interest: .readable, mode: .level)
    }
  }

  @Test("A deregistered descriptor is not reported", arguments: PollerKind.allCases)
  func stale(kind: PollerKind) throws {
    for mode in PollMode.allCases {
      let (poller, channel) = try kind.watching(.readable, mode: mode)
      #expect(try poller.ready() == [])
      channel.write(1, to: channel.far)
      try poller.deregister(channel.near)
      #expect(try poller.ready() == [], "\(mode)")

      try poller.register(channel.near, token: 8, interest: .readable, mode: mode)
      let expected = [ReadinessEvent(token: 8, readiness: .readable)]
      #expect(try poller.ready() == expected, "\(mode)")
    }
  }

  @Test("The number of a closed descriptor starts anew", arguments: PollerKind.allCases)
  func reusedNumber(kind: PollerKind) throws {
    let poller = try kind.make()
    let first = try Channel.stream()
    let number = first.near
    try poller.register(number, token: 7, interest: .readable, mode: .edge)
    #expect(try poller.ready() == [])
    first.write(1, to: first.far)
    try poller.deregister(number)

    let second = try Channel.stream()
    // The same number for another file, without a moment in which another thread could take it.
    try #require(dup2(second.near.rawValue, number.rawValue) == number.rawValue)
    try poller.register(number, token: 8, interest: .readable, mode: .edge)
    #expect(try poller.ready() == [])
    second.write(1, to: second.far)
    #expect(try poller.ready() == [ReadinessEvent(token: 8, readiness: .readable)])
    try poller.deregister(number)
  }

  @Test("After deregister and close the peer sees the end at once", arguments: PollerKind.allCases)
  func fileReleased(kind: PollerKind) throws {
    for mode in PollMode.allCases {
      let (poller, channel) = try kind.watching(.readable, mode: mode)
      #expect(try poller.ready() == [])
      try poller.deregister(channel.near)
      channel.closeNear()
      #expect(try channel.far.readBytes(1) == [], "\(mode)")
    }
  }

  @Test("That is so for a descriptor that has just fired", arguments: PollerKind.allCases)
  func fileReleasedAfterFiring(kind: PollerKind) throws {
    for mode in PollMode.allCases {
      let (poller, channel) = try kind.watching([.readable, .writable, .peerClosed], mode: mode)
      #expect(try poller.ready().count == 1)
      channel.shutDownFar()
      try poller.deregister(channel.near)
      channel.closeNear()
      #expect(try channel.far.readBytes(1) == [], "\(mode)")
    }
  }

  @Test("A poller that ends lets go of its files", arguments: PollerKind.allCases)
  func filesReleasedAtEnd(kind: PollerKind) throws {
    let channel = try Channel.stream()
    do {
      let poller = try kind.make()
      try poller.register(channel.near, token: 7, interest: .readable, mode: .edge)
      #expect(try poller.ready() == [])
    }
    channel.closeNear()
    #expect(try channel.far.readBytes(1) == [])
  }

  @Test("One file may be registered under two numbers", arguments: PollerKind.allCases)
  func duplicates(kind: PollerKind) throws {
    let poller = try kind.make()
    let channel = try Channel.stream()
    let other = try channel.near.duplicate()
    defer { try? other.close() }
    try poller.register(channel.near, token: 1, interest: .readable, mode: .level)
    try poller.register(other, token: 2, interest: .readable, mode: .edge)
    channel.write(1, to: channel.far)
    #expect(try poller.ready().map(\.token) == [1, 2])
    #expect(try poller.ready().map(\.token) == [1])
    try poller.deregister(channel.near)
    try poller.deregister(other)
  }

  @Test("The token that names the waker is EINVAL", arguments: PollerKind.allCases)
  func reservedToken(kind: PollerKind) throws {
    let poller = try kind.make()
    let channel = try Channel.stream()
    #expect(throws: Errno.invalidArgument) {
      try poller.register(
        channel.near, token: EpollPoller.reservedToken, interest: .readable, mode: .level)
    }
    try poller.register(channel.near, token: 7, interest: .readable, mode: .level)
    #expect(throws: Errno.invalidArgument) {
      try poller.modify(
        channel.near, token: RingPoller.reservedToken, interest: .readable, mode: .level)
    }
    // The registration is as it was.
    channel.write(1, to: channel.far)
    #expect(try poller.ready() == [ReadinessEvent(token: 7, readiness: .readable)])
  }

  @Test(
    "An interest that no poller can give is EINVAL", arguments: PollerKind.allCases,
    // EPOLLPRI, EPOLLRDNORM, EPOLLMSG, EPOLLEXCLUSIVE, EPOLLONESHOT, EPOLLET.
    [0x2, 0x40, 0x400, 1 << 28, 1 << 30, 1 << 31] as [UInt32])
  func interest(kind: PollerKind, bit: UInt32) throws {
    let poller = try kind.make()
    let channel = try Channel.stream()
    let interest = Interest.readable.union(Interest(rawValue: bit))
    #expect(throws: Errno.invalidArgument) {
      try poller.register(channel.near, token: 7, interest: interest, mode: .level)
    }
    // Errors and hang-ups may be asked for; they come in any case.
    let given = Interest(rawValue: 0x1 | 0x8 | 0x10)
    try poller.register(channel.near, token: 7, interest: given, mode: .level)
    #expect(throws: Errno.invalidArgument) {
      try poller.modify(channel.near, token: 8, interest: interest, mode: .level)
    }
    channel.write(1, to: channel.far)
    #expect(try poller.ready() == [ReadinessEvent(token: 7, readiness: .readable)])
  }

  @Test("A limit of events that no wait can have is refused", arguments: [Int.min, -1, 0, .max])
  func eventLimit(limit: Int) {
    #expect(throws: Errno.invalidArgument) { _ = try EpollPoller(eventLimit: limit) }
    let error = #expect(throws: RingSetupError.self) { _ = try RingPoller(eventLimit: limit) }
    #expect("\(error as Any)".contains("eventLimit"))
  }

  @Test(
    "A limit of descriptors that no token can name is refused",
    arguments: [Int.min, 0, Token.slotLimit + 1, .max])
  func descriptorLimit(limit: Int) {
    let error = #expect(throws: RingSetupError.self) { _ = try RingPoller(descriptorLimit: limit) }
    #expect("\(error as Any)".contains("descriptorLimit"))
  }
}
