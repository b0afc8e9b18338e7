// SPDX-License-Identifier: Apache-2.0

import Glibc
import ReadinessIO
import SystemPackage
import Testing

@Suite("Descriptors closed while registered", .timeLimit(.minutes(3)))
struct ClosedDescriptorTests {
  @Test(
    "To change or end their registration is EBADF", arguments: PollerKind.allCases,
    Channel.Kind.allCases)
  func closed(kind: PollerKind, file: Channel.Kind) throws {
    for (mode, isArmed) in Self.cases {
      for isModified in [true, false] {
        let poller = try kind.make()
        let channel = try file.makeApart()
        try poller.register(channel.near, token: 7, interest: .readable, mode: mode)
        if isArmed { #expect(try poller.ready() == []) }
        channel.closeNear()
        if isModified {
          #expect(throws: Errno.badFileDescriptor, "\(mode)") {
            try poller.modify(channel.near, token: 8, interest: .writable, mode: mode)
          }
        }
        #expect(throws: Errno.badFileDescriptor, "\(mode)") {
          try poller.deregister(channel.near)
        }
        if file == .stream { try expectEnd(channel.far) }
        #expect(try poller.ready() == [], "\(mode)")
      }
    }
  }

  @Test(
    "Under their number another file is ENOENT", arguments: PollerKind.allCases,
    Channel.Kind.allCases)
  func unknown(kind: PollerKind, file: Channel.Kind) throws {
    for (mode, isArmed) in Self.cases {
      for other in Channel.Kind.allCases {
        for isModified in [true, false] {
          let poller = try kind.make()
          let first = try file.makeApart()
          try poller.register(first.near, token: 7, interest: .readable, mode: mode)
          if isArmed { #expect(try poller.ready() == []) }
          try first.replaceNear(by: other.make())
          #expect(throws: Errno.noSuchFileOrDirectory, "\(mode) \(other)") {
            if isModified {
              try poller.modify(first.near, token: 8, interest: .writable, mode: mode)
            } else {
              try poller.deregister(first.near)
            }
          }
          if file == .stream { try expectEnd(first.far) }
          #expect(try poller.ready() == [], "\(mode) \(other)")
        }
      }
    }
  }

  @Test(
    "Under their number another file can be registered", arguments: PollerKind.allCases,
    Channel.Kind.allCases)
  func reused(kind: PollerKind, file: Channel.Kind) throws {
    for (mode, isArmed) in Self.cases {
      for other in Channel.Kind.allCases {
        let poller = try kind.make()
        let first = try file.makeApart()
        let number = first.near
        try poller.register(number, token: 7, interest: .readable, mode: mode)
        if isArmed { #expect(try poller.ready() == []) }

        let second = try other.make()
        try first.replaceNear(by: second)
        try poller.register(number, token: 8, interest: .readable, mode: mode)
        if file == .stream { try expectEnd(first.far) }
        #expect(try poller.ready() == [], "\(mode) \(other)")
        #expect(throws: Errno.fileExists, "\(mode) \(other)") {
          try poller.register(number, token: 9, interest: .readable, mode: mode)
        }
        second.write(8, to: second.far)
        let expected = [ReadinessEvent(token: 8, readiness: .readable)]
        #expect(try poller.ready() == expected, "\(mode) \(other)")
        try poller.deregister(number)
        #expect(try poller.ready() == [], "\(mode) \(other)")
      }
    }
  }

  @Test(
    "A second register of any file is EEXIST", arguments: PollerKind.allCases,
    Channel.Kind.allCases)
  func exists(kind: PollerKind, file: Channel.Kind) throws {
    let poller = try kind.make()
    let channel = try file.makeApart()
    for round in 0..<3 as Range<UInt64> {
      try poller.register(channel.near, token: round, interest: .readable, mode: .edge)
      #expect(throws: Errno.fileExists) {
        try poller.register(channel.near, token: 9, interest: .readable, mode: .edge)
      }
      channel.write(8, to: channel.far)
      #expect(try poller.ready() == [ReadinessEvent(token: round, readiness: .readable)])
      try poller.modify(channel.near, token: round + 3, interest: .readable, mode: .edge)
      #expect(try poller.ready() == [ReadinessEvent(token: round + 3, readiness: .readable)])
      try poller.deregister(channel.near)
      #expect(throws: Errno.noSuchFileOrDirectory) { try poller.deregister(channel.near) }
    }
  }

  /// Each mode, with a poll that the kernel has and with one that it has not yet.
  private static var cases: [(PollMode, Bool)] {
    PollMode.allCases.flatMap { [($0, true), ($0, false)] }
  }

  /// The peer has been let go.
  private func expectEnd(_ end: FileDescriptor) throws {
    var byte: UInt8 = 0
    #expect(unsafe read(end.rawValue, &byte, 1) == 0)
  }
}
