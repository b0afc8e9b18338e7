// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import Glibc
import Synchronization
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// Connects to hosts, with addresses of this machine.
@Suite(.timeLimit(.minutes(3))) struct HostConnectTests {
  @Test func localhostIsLookedUp() async throws {
    try await withLoops { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      let port = try #require(listener.localAddress.port)
      let connection = try await StreamConnection.connect(
        host: "localhost", port: port, on: group)
      try await connection.send([1])
      #expect(try await listener.accept().receive(atMost: 1) == [1])
      await connection.close()
    }
  }

  @Test func aNumberIsNotLookedUp() async throws {
    try await withLoops { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      let host = FakeHost { preconditionFailure("looked up") }
      let connection = try await host.connect(
        "127.0.0.1", port: #require(listener.localAddress.port), on: group.loops[0])
      #expect(connection.peerAddress == listener.localAddress)
      await connection.close()
    }
  }

  @Test func aNameWithoutAddressesIsNamed() async throws {
    try await withLoops { group in
      let host = FakeHost { .failure(ResolutionFailure(code: EAI_NONAME)) }
      let error = await failure { () async throws(SocketError) in
        _ = try await host.connect("nobody.invalid", on: group.loops[0])
      }
      #expect(error?.cause == .unresolved && error?.operation == .resolve)
      #expect(error?.resolution?.code == EAI_NONAME && error?.host == "nobody.invalid")
      #expect("\(error as Any)".contains("host nobody.invalid; no such name"))
    }
  }

  @Test func oneOfFortyAddressesWorks() async throws {
    try await withLoops { group in
      let listener = try await StreamListener.bind(to: ownLoopback(), on: group)
      let port = try #require(listener.localAddress.port)
      let addresses = (0..<39).map { _ in ownLoopback(port: port) } + [listener.localAddress]
      let host = FakeHost { .success(addresses) }
      let connection = try await host.connect("forty", on: group.loops[0])
      #expect(connection.peerAddress == listener.localAddress)
      let direct = try await StreamConnection.connect(toFirstOf: addresses, on: group.loops[0])
      #expect(direct.peerAddress == listener.localAddress)
      await connection.close()
      await direct.close()
    }
  }

  @Test func allRefuse() async throws {
    try await withLoops { group in
      let bound = try (0..<5).map { _ in try HeldSocket(PlainSocket.bound(to: ownLoopback())) }
      let addresses = try bound.map { try $0.socket.localAddress }
      let host = FakeHost { .success(addresses) }
      let error = await failure { () async throws(SocketError) in
        _ = try await host.connect("closed", on: group.loops[0])
      }
      #expect(error?.errno == .connectionRefused && error?.cause == .kernel)
      #expect(error?.host == "closed" && error?.attempts == 5 && error?.peer == addresses[0])
      let none = await failure { () async throws(SocketError) in
        _ = try await StreamConnection.connect(toFirstOf: [], on: group.loops[0])
      }
      #expect(none?.errno == .addressRequired)
    }
  }

  @Test func aSlowAddressGetsCompany() async throws {
    try await withLoops { group in
      let loop = group.loops[0]
      let silent = try SilentListener()
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      let address = listener.localAddress
      let host = FakeHost { .success([silent.address, silent.address2, address]) }
      let connection = try await host.connect("slow", on: loop)
      #expect(connection.peerAddress == address)
      let accepted = try await listener.accept()
      await connection.close()
      await accepted.close()
      await listener.close()
      // The losers are gone too: only the loop's wake-up is left.
      await loop.until { loop.operationCount == 1 }
    }
  }

  @Test func oneTimeoutIsForAll() async throws {
    try await withLoops { group in
      let silent = try SilentListener()
      let error = await failure { () async throws(SocketError) in
        _ = try await StreamConnection.connect(
          toFirstOf: [silent.address, silent.address2], on: group.loops[0],
          timeout: .milliseconds(40))
      }
      #expect(error?.errno == .timedOut && error?.cause == .timeout)
      #expect(error?.operation == .connect, "\(error as Any)")
      await group.loops[0].until { group.loops[0].operationCount == 1 }
    }
  }

  enum Ending: CaseIterable {
    case timeout, cancellation, stop
  }

  /// The thread stays in the resolver, and its answer is dropped.
  @Test(arguments: Ending.allCases)
  func aLookUpIsLeftBehind(_ ending: Ending) async throws {
    let gate = Gate()
    let (threads, asked) = (ResolverThreads(limit: 1), Event())
    let group = try CompletionLoopGroup(count: 1)
    let host = FakeHost(threads) {
      asked.happen()
      gate.wait()
      return .success([.loopback(port: 9)])
    }
    let loop = group.loops[0]
    let connecting = attempt { () async throws(SocketError) in
      _ = try await host.connect(
        "stuck", on: loop, timeout: ending == .timeout ? .milliseconds(5) : nil)
    }
    switch ending {
    // The time may have passed before the thread has begun.
    case .timeout: break
    case .cancellation:
      await asked.wait()
      connecting.cancel()
    case .stop:
      await asked.wait()
      await group.close()
    }
    let error = await connecting.value
    let causes: [Ending: SocketError.Cause] = [
      .timeout: .timeout, .cancellation: .cancellation, .stop: .loopStopped,
    ]
    #expect(error?.cause == causes[ending] && error?.host == "stuck")
    #expect(error?.operation == .resolve)
    if asked.hasHappened { #expect(threads.counts == (1, 0)) }
    gate.open()
    while threads.counts != (0, 0) { await Task.yield() }
    await group.close()
  }

  @Test func cancellationEndsAttempts() async throws {
    try await withLoops { group in
      let loop = group.loops[0]
      let silent = try SilentListener()
      let host = FakeHost { .success([silent.address]) }
      let connecting = attempt { () async throws(SocketError) in
        _ = try await host.connect("slow", on: loop)
      }
      await loop.until { loop.operationCount == 2 }
      connecting.cancel()
      let error = await connecting.value
      #expect(error?.cause == .cancellation && error?.host == "slow")
      await loop.until { loop.operationCount == 1 }
    }
  }

  @Test func noDescriptorIsLost() async {
    await #expect(processExitsWith: .success) {
      let silent = try SilentListener()
      try await leavingNoDescriptors {
        let group = try CompletionLoopGroup(count: 1)
        let loop = group.loops[0]
        let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
        let address = listener.localAddress
        try await leavingNoDescriptors {
          let host = FakeHost { .success([silent.address, silent.address2, address]) }
          let connection = try await host.connect("slow", on: loop)
          await connection.close()
          await (try listener.accept()).close()
          let late = FakeHost { .success([silent.address, silent.address2]) }
          _ = await failure { () async throws(SocketError) in
            _ = try await late.connect("slow", on: loop, timeout: .milliseconds(20))
          }
        }
        await group.close()
      }
    }
  }
}

/// A host whose addresses a test decides.
struct FakeHost: Sendable {
  private let resolver: HostResolver
  private let threads: ResolverThreads

  init(
    _ threads: ResolverThreads = .shared, _ answer: @escaping @Sendable () -> HostResolver.Answer
  ) {
    resolver = HostResolver { _, _ in answer() }
    self.threads = threads
  }

  func connect(
    _ name: String, port: UInt16 = 1, on loop: CompletionLoop, timeout: Duration? = nil
  ) async throws(SocketError) -> StreamConnection {
    var options = SocketOptions()
    options.attemptDelay = .milliseconds(10)
    return try await StreamConnection.connect(
      host: name, port: port, on: loop, timeout: timeout, options: options, policy: nil,
      resolver: resolver, threads: threads)
  }

  nonisolated(nonsending) func resolve(
    _ name: String, port: UInt16 = 1, on loop: CompletionLoop, timeout: Duration? = nil
  ) async throws(SocketError) -> [SocketAddress] {
    try await loop.resolve(
      host: name, port: port, timeout: timeout, resolver: resolver, threads: threads)
  }
}

/// Addresses that answer no connect: listeners whose backlogs are full (tcp_v4_conn_request).
private final class SilentListener: Sendable {
  let address: SocketAddress
  let address2: SocketAddress
  private let held: [HeldSocket]

  init() throws {
    var addresses: [SocketAddress] = []
    var held: [HeldSocket] = []
    for _ in 0..<2 {
      // A backlog of 0 has room for one (sk_acceptq_is_full).
      let listener = try PlainSocket.listening(backlog: 0)
      let filling = try PlainSocket.connected(to: listener.localAddress)
      addresses.append(try listener.localAddress)
      held += [HeldSocket(listener), HeldSocket(filling)]
    }
    (address, address2) = (addresses[0], addresses[1])
    self.held = held
  }
}
