// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import Synchronization
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// How many connections are served at a time.
final class RunningCount: Sendable {
  private let counts = Mutex((now: 0, most: 0, all: 0))
  var most: Int { counts.withLock { $0.most } }
  var all: Int { counts.withLock { $0.all } }
  var now: Int { counts.withLock { $0.now } }

  func change(_ by: Int) {
    counts.withLock { counts in
      counts.now += by
      counts.most = max(counts.most, counts.now)
      if by > 0 { counts.all += 1 }
    }
  }
}

@Suite("Limits of connections, and those that are refused", .timeLimit(.minutes(3)))
struct HandleLimitTests {
  /// Echoes, and counts how many do so at a time.
  private final class Counted: SocketDelegate {
    let running: RunningCount

    init(_ running: RunningCount) {
      self.running = running
      super.init()
    }

    override func opened(_ stream: SocketStream) { running.change(1) }

    override func received(_ lease: consuming BufferLease, on stream: SocketStream) {
      stream.enqueue(lease)
    }

    override func closed(_ stream: SocketStream) { running.change(-1) }
  }

  @Test("No more are handled at a time than allowed, and all in the end")
  func waiting() async throws {
    try await withLoops { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      let running = RunningCount()
      try listener.handle(limits: ServeLimits(connectionsPerLoop: 2)) { _ in Counted(running) }
      try await withLoops { clients in
        try await visit(listener.localAddress, times: 20, on: clients) { client, _ in
          try await client.exchange(10, times: 5)
        }
      }
      #expect(running.most == 2 && running.all == 20)
      await listener.close()
    }
  }

  @Test(
    "Those beyond the limit are refused with a goodbye", arguments: [false, true], [false, true])
  func refused(isServed: Bool, saysGoodbye: Bool) async throws {
    try await withLoops { group in
      let loop = group.loops[0]
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      let seen = Mutex<[(SocketAddress?, RefusedConnection.Reason)]>([])
      let onRefused: @Sendable (RefusedConnection) -> Void = { refused in
        seen.withLock { $0.append((refused.peerAddress, refused.reason)) }
        if saysGoodbye { unsafe refused.sendGoodbye(Array("full".utf8).span.bytes) }
      }
      let limits = ServeLimits(connectionsPerLoop: 1, excess: .refused)
      let running = RunningCount()
      let serving = Task {
        guard isServed else {
          return try listener.handle(limits: limits, onRefused: onRefused) { _ in
            Counted(running)
          }
        }
        try await listener.serve(limits: limits, onRefused: onRefused) { try await echo($0) }
      }
      let first = try await StreamConnection.connect(to: listener.localAddress, on: loop)
      try await first.exchange(10)
      let second = try await StreamConnection.connect(to: listener.localAddress, on: loop)
      // What it has sent must not cost it the goodbye.
      _ = await failure { () async throws(SocketError) in try await second.send([1, 2, 3]) }
      let end = await failure { () async throws(SocketError) in
        let answer = try await second.receiveAll()
        #expect(String(decoding: answer, as: UTF8.self) == "full" && saysGoodbye)
      }
      if !saysGoodbye { #expect(end?.errno == .connectionReset) } else { #expect(end == nil) }
      #expect(seen.withLock { $0.map(\.1) } == [.limit])
      #expect(seen.withLock { $0.first?.0 } == second.localAddress)
      await second.close()
      try await first.exchange(10)
      await first.close()
      await loop.until { loop.acceptedCount == 0 && loop.taskCount == 0 }
      let third = try await StreamConnection.connect(to: listener.localAddress, on: loop)
      try await third.exchange(10)
      await third.close()
      await listener.close()
      try await serving.value
    }
  }

  @Test("Connections that are held back when the listener closes are refused")
  func heldBack() async throws {
    try await withLoops { group in
      let loop = group.loops[0]
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      let refused = Tally()
      let running = RunningCount()
      try listener.handle(
        limits: ServeLimits(connectionsPerLoop: 1),
        onRefused: { if $0.reason == .closing, $0.peerAddress != nil { refused.add() } }
      ) { _ in Counted(running) }
      try await withLoops { clients in
        var all: [StreamConnection] = []
        for _ in 0..<6 {
          all.append(
            try await StreamConnection.connect(to: listener.localAddress, on: clients.loops[0]))
        }
        await loop.until { running.now == 1 }
        let accepted = await loop.ask { loop.acceptedCount }
        await listener.close()
        await loop.until { loop.acceptedCount == 1 }
        #expect(refused.value >= accepted - 1)
        for client in all { await client.close() }
        await loop.until { running.now == 0 }
        #expect(running.all == 1)
      }
    }
  }
}
