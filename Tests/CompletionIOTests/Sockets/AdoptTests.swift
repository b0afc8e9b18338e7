// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import Glibc
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// Descriptors that others have made, and those that are given away.
@Suite(.timeLimit(.minutes(3))) struct AdoptTests {
  @Test(
    arguments: [false, true],
    [
      ResubmissionPolicy.completion, .backoff(initial: .milliseconds(1), limit: .milliseconds(4)),
    ])
  func aListenerIsAdopted(isNonblocking: Bool, policy: ResubmissionPolicy) async throws {
    try await withLoops { group in
      let descriptor = try RawSocket.listening(isNonblocking: isNonblocking)
      let flags = fcntl(descriptor.rawValue, F_GETFL)
      let listener = try await StreamListener.adopt(
        descriptor, on: group.loops[0], policy: policy)
      #expect(try listener.localAddress == SocketAddress.local(of: descriptor))
      #expect(fcntl(descriptor.rawValue, F_GETFL) == flags)
      #expect(fcntl(descriptor.rawValue, F_GETFD) == FD_CLOEXEC)
      for _ in 0..<3 {
        // Asked for first, so that an accept has to wait.
        async let accepting = listener.accept()
        let client = try await StreamConnection.connect(
          to: listener.localAddress, on: group.loops[0])
        let accepted = try await accepting
        try await client.send([1])
        #expect(try await accepted.receive(atMost: 1) == [1])
        await client.close()
        await accepted.close()
      }
      await listener.close()
    }
  }

  @Test(arguments: [false, true])
  func aConnectionIsAdopted(isNonblocking: Bool) async throws {
    try await withLoops { group in
      let (near, far) = try SocketPair(isNonblocking: isNonblocking).release()
      let one = try await StreamConnection.adopt(near, on: group.loops[0])
      let other = try await StreamConnection.adopt(far, on: group.loops[0])
      let receiving = Task { try await other.receive(atMost: 1 << 22) }
      try await one.send(numbered(1 << 22))
      #expect(firstDifference(try await receiving.value, numbered(1 << 22)) == nil)
      #expect(fcntl(near.rawValue, F_GETFD) == FD_CLOEXEC)
      await one.close()
      await other.close()
    }
  }

  enum Unfit: CaseIterable {
    case closed, pipe, datagram, netlink, notListening, notConnected
  }

  @Test(arguments: Unfit.allCases)
  func whatIsUnfitStaysTheCallers(_ unfit: Unfit) async throws {
    try await withLoops { group in
      let (descriptor, errno) = try RawSocket.make(unfit)
      let loop = group.loops[0]
      let listening = await failure { () async throws(SocketError) in
        _ = try await StreamListener.adopt(descriptor, on: loop)
      }
      let connecting = await failure { () async throws(SocketError) in
        _ = try await StreamConnection.adopt(descriptor, on: loop)
      }
      let error = unfit == .notListening ? listening : connecting
      #expect(error?.errno == errno && error?.operation == .adopt)
      #expect(listening?.cause == .unsuitable && connecting?.cause == .unsuitable)
      if unfit != .closed {
        #expect(fcntl(descriptor.rawValue, F_GETFD) >= 0)
        try descriptor.close()
      }
    }
  }

  @Test func nothingIsAdoptedByALoopThatHasNoRoomOrStops() async throws {
    let descriptor = try RawSocket.listening(isNonblocking: false)
    try await withLoops(1, { $0.flightLimit = 2 }) { group in
      let error = await failure { () async throws(SocketError) in
        _ = try await StreamListener.adopt(descriptor, on: group.loops[0])
      }
      #expect(error?.cause == .tableFull)
    }
    let group = try CompletionLoopGroup(count: 1)
    await group.close()
    let error = await failure { () async throws(SocketError) in
      _ = try await StreamListener.adopt(descriptor, on: group.loops[0])
    }
    #expect(error?.cause == .loopStopped)
    try descriptor.close()
  }

  @Test func aConnectionIsGivenAway() async throws {
    try await withLoops(2) { group in
      let pair = try await ConnectionPair(on: group)
      let (near, far) = (pair.near, pair.far)
      try await far.send([1, 2])
      #expect(try await near.receive(1) == [1])
      let given = try await near.giveAway()
      let later = await failure { () async throws(SocketError) in try await near.send([1]) }
      #expect(later?.cause == .closed)
      try await far.send([3])
      // On the other loop, from where it can be given away again.
      let adopted = try await StreamConnection.adopt(given.descriptor, on: group.loops[1])
      let rest = try await adopted.receive(atMost: 3 - 1 - given.unread.count)
      #expect(given.unread + rest == [2, 3])
      try await adopted.send([4])
      #expect(try await far.receive(atMost: 1) == [4])
      let again = try await adopted.giveAway()
      #expect(again.descriptor == given.descriptor && again.unread == [])
      await pair.close()
      try again.descriptor.close()
    }
  }

  @Test func whatIsQueuedGoesOutFirst() async throws {
    try await withPair(options: .tight) { near, far in
      let sending = Task { try await near.send(numbered(1 << 20)) }
      await near.loop.until { near.stream.sending.state == .sending(.waiting) }
      let giving = Task { try await near.giveAway() }
      let received = try await far.receive(atMost: 1 << 20)
      #expect(firstDifference(received, numbered(1 << 20)) == nil)
      try await sending.value
      let given = try await giving.value
      try given.descriptor.close()
      #expect(try await far.receiveAll() == [])
    }
  }

  @Test func whoReceivesOrHasClosedIsRefused() async throws {
    try await withPair { near, far in
      let receiving = Task { try await near.receive(atMost: 1) }
      await near.loop.until { near.stream.receiving.receiver != nil }
      let busy = await failure { () async throws(SocketError) in _ = try await near.giveAway() }
      #expect(busy?.cause == .busy && busy?.operation == .giveAway)
      try await far.send([5])
      #expect(try await receiving.value == [5])
      await near.close()
      let closed = await failure { () async throws(SocketError) in _ = try await near.giveAway() }
      #expect(closed?.cause == .closed)
    }
  }
}

/// Sockets that a program has made without this library.
enum RawSocket {
  static func listening(isNonblocking: Bool) throws -> FileDescriptor {
    let descriptor = try open(AF_INET, SOCK_STREAM, isNonblocking: isNonblocking)
    #expect(listen(descriptor.rawValue, 16) == 0)
    return descriptor
  }

  static func make(_ unfit: AdoptTests.Unfit) throws -> (FileDescriptor, Errno) {
    switch unfit {
    case .closed: (FileDescriptor(rawValue: 1_000_000), .badFileDescriptor)
    case .pipe:
      (FileDescriptor(rawValue: unsafe Glibc.open("/dev/null", O_RDONLY | O_CLOEXEC)), .notSocket)
    case .datagram: (try open(AF_INET, SOCK_DGRAM), .socketTypeNotSupported)
    case .netlink: (try open(AF_NETLINK, SOCK_RAW), .socketTypeNotSupported)
    case .notListening: (try open(AF_INET, SOCK_STREAM), .invalidArgument)
    case .notConnected: (try open(AF_INET, SOCK_STREAM), .socketNotConnected)
    }
  }

  static func open(
    _ family: Int32, _ type: __socket_type, isNonblocking: Bool = false
  ) throws -> FileDescriptor {
    let flags = isNonblocking ? SOCK_NONBLOCK.rawValue : 0
    let result = socket(family, Int32(type.rawValue | flags), 0)
    guard result >= 0 else { throw Errno(rawValue: errno) }
    return FileDescriptor(rawValue: result)
  }
}
