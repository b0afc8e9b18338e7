// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import Synchronization
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// The end of a group, and of values that nobody closed.
@Suite("Shutdown", .timeLimit(.minutes(3)))
struct SocketShutdownTests {
  @Test("With connections in every state no task is left waiting", arguments: [1, 2])
  func everyState(loopCount: Int) async throws {
    let ends = Ends()
    let group = try CompletionLoopGroup(count: loopCount)
    let loop = group.loops[0]
    let idle = try await ConnectionPair(on: group)
    let receiving = try await ConnectionPair(on: group)
    let sending = try await ConnectionPair(on: group, options: .tight)
    let unclaimed = try await ConnectionPair(on: group)
    try await unclaimed.far.send([1, 2, 3])
    _ = try await unclaimed.near.receive(1)
    let full = try await FullListener(on: group)
    let fullAddress = full.listener.localAddress
    let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
    let unused = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
    let served = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
    let bodies = Tally()
    let tasks = [
      ends.note("receive") { () async throws(SocketError) in _ = try await receiving.near.receive()
      },
      ends.note("into") { () async throws(SocketError) in _ = try await receiving.far.receive(9) },
      ends.note("send") { () async throws(SocketError) in
        try await sending.near.send(numbered(4 << 20))
      },
      ends.note("queued") { () async throws(SocketError) in
        await loop.until { sending.near.stream.sending.state == .sending(.waiting) }
        try await sending.near.send([1])
      },
      ends.note("finish") { () async throws(SocketError) in
        // Behind the queued one, which would be refused else.
        await loop.until { sending.near.stream.sending.isWaitingBeforeOthers }
        try await sending.near.finishSending()
      },
      ends.note("connect") { () async throws(SocketError) in
        _ = try await StreamConnection.connect(to: fullAddress, on: loop)
      },
      ends.note("accept") { () async throws(SocketError) in _ = try await listener.accept() },
      ends.note("sleep") { () async throws(SocketError) in
        try await sleepOrSay(.seconds(3600), on: loop)
      },
      ends.note("serve") { () async throws(SocketError) in
        try await served.serve { connection in
          // One body waits for its connection, one for something else.
          if bodies.add() > 1 { for await _ in AsyncStream<Void>(Void.self, { _ in }) {} }
          while try await connection.receive() != nil {}
        }
      },
    ]
    let clients = [
      try await StreamConnection.connect(to: served.localAddress, on: loop),
      try await StreamConnection.connect(to: served.localAddress, on: loop),
    ]
    await loop.until { bodies.value == 2 && sending.near.stream.extras?.finishers.count == 1 }
    await loop.until { receiving.near.stream.receiving.receiver != nil }
    await group.close()
    for task in tasks { await task.value }
    check(ends.all, loopCount: loopCount)
    await expectStopped(full.connections + [idle.near] + clients)
    withExtendedLifetime((idle, unused, full, listener)) {}
  }

  private func expectStopped(_ connections: [StreamConnection]) async {
    for connection in connections {
      let error = await failure { () async throws(SocketError) in _ = try await connection.receive()
      }
      #expect(error?.cause == .loopStopped)
      await connection.close()
    }
  }

  private func check(_ seen: [String: SocketError?], loopCount: Int) {
    for name in ["receive", "into", "send", "queued", "finish", "connect", "accept", "sleep"] {
      // The other end, or its listener, may be the first to close.
      if name == "connect", seen[name]??.errno == .connectionRefused { continue }
      if loopCount > 1, seen[name] == .some(nil) || seen[name]??.cause == .kernel { continue }
      #expect(seen[name]??.cause == .loopStopped, "\(name): \(String(describing: seen[name]))")
      #expect(seen[name]??.errno == .socketShutdown, "\(name)")
    }
    #expect(seen["serve"] == .some(nil))
  }

  @Test("Everything after a shutdown throws a typed error")
  func afterShutdown() async throws {
    let group = try CompletionLoopGroup(count: 2)
    let pair = try await ConnectionPair(on: group)
    let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
    let other = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
    await group.close()
    await group.close()
    var errors: [SocketError?] = []
    errors.append(
      await failure { () async throws(SocketError) in _ = try await pair.near.receive() })
    errors.append(
      await failure { () async throws(SocketError) in _ = try await pair.near.receive(1) })
    errors.append(await failure { () async throws(SocketError) in try await pair.near.send([1]) })
    errors.append(
      await failure { () async throws(SocketError) in try await pair.near.finishSending() })
    errors.append(await failure { () async throws(SocketError) in _ = try await listener.accept() })
    errors.append(
      await failure { () async throws(SocketError) in try await other.serve { _ in } })
    errors.append(
      await failure { () async throws(SocketError) in
        _ = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      })
    errors.append(
      await failure { () async throws(SocketError) in
        _ = try await StreamConnection.connect(to: .loopback(port: 9), on: group.loops[0])
      })
    errors.append(
      await failure { () async throws(SocketError) in
        try await sleepOrSay(.seconds(1), on: group.loops[0])
      })
    for (index, error) in errors.enumerated() {
      #expect(error?.cause == .loopStopped, "\(index): \(String(describing: error))")
      #expect(error?.errno == .socketShutdown, "\(index): \(String(describing: error))")
    }
    await pair.close()
    pair.far.abort()
    listener.abort()
    other.abort()
  }

  @Test("Everything after a close throws a typed error")
  func afterClose() async throws {
    try await withLoops { group in
      let pair = try await ConnectionPair(on: group)
      let near = pair.near
      let receiving = attempt { () async throws(SocketError) in _ = try await near.receive() }
      await near.loop.until { near.stream.receiving.receiver != nil }
      await near.close()
      let far = pair.far
      let intoMemory = attempt { () async throws(SocketError) in
        while try await far.receive(1) != [] {}
        _ = try await far.receive(1)
      }
      #expect(await intoMemory.value == nil)
      var errors = [await receiving.value]
      errors.append(await failure { () async throws(SocketError) in _ = try await near.receive() })
      errors.append(await failure { () async throws(SocketError) in _ = try await near.receive(1) })
      errors.append(await failure { () async throws(SocketError) in try await near.send([1]) })
      errors.append(
        await failure { () async throws(SocketError) in try await near.finishSending() })
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      listener.abort()
      errors.append(
        await failure { () async throws(SocketError) in _ = try await listener.accept() })
      for error in errors {
        #expect(error?.cause == .closed)
        #expect(error?.errno == .badFileDescriptor)
      }
      await near.close()
      await pair.close()
    }
  }

  @Test("A close ends a receive into memory")
  func closeEndsDirectReceive() async throws {
    try await withPair { near, _ in
      let receiving = attempt { () async throws(SocketError) in _ = try await near.receive(8) }
      await near.loop.until { near.stream.receiving.state == .reading }
      await near.close()
      #expect(await receiving.value?.cause == .closed)
    }
  }
}

/// Sleeps, and throws in the words of sockets, for the tables of ends.
private func sleepOrSay(
  _ duration: Duration, on loop: CompletionLoop
) async throws(SocketError) {
  do throws(LoopError) {
    try await loop.sleep(for: duration)
  } catch {
    throw SocketError(
      .operation, error.errno, cause: error.reason == .stopped ? .loopStopped : .kernel)
  }
}

/// A listener that nobody accepts from and whose backlog is full.
private struct FullListener {
  let listener: StreamListener
  let connections: [StreamConnection]

  init(on group: CompletionLoopGroup) async throws {
    var options = SocketOptions()
    options.backlog = 1
    listener = try await StreamListener.bind(to: abstractName(), on: group, options: options)
    connections = [
      try await StreamConnection.connect(to: listener.localAddress, on: group.loops[0]),
      try await StreamConnection.connect(to: listener.localAddress, on: group.loops[0]),
    ]
  }
}

/// How each of several tasks ended.
private final class Ends: Sendable {
  private let errors = Mutex<[String: SocketError?]>([:])

  var all: [String: SocketError?] { errors.withLock { $0 } }

  func note(
    _ name: String, _ body: @escaping @Sendable () async throws(SocketError) -> Void
  ) -> Task<Void, Never> {
    Task {
      let error = await failure(body)
      errors.withLock { $0[name] = .some(error) }
    }
  }
}

extension SendHalf {
  /// Whether a send waits for the peer, and another behind it.
  fileprivate var isWaitingBeforeOthers: Bool {
    state == .sending(.waiting) && pieces.count > 1
  }
}
