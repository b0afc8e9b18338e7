// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import Synchronization
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

@Suite("Limits of serving", .timeLimit(.minutes(3)))
struct ServeLimitTests {
  @Test("No more connections than allowed are served at a time, and all in the end")
  func connections() async throws {
    try await withLoops { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      let running = RunningCount()
      let serving = Task {
        try await listener.serve(limits: ServeLimits(connectionsPerLoop: 2)) { connection in
          running.change(1)
          defer { running.change(-1) }
          try await echo(connection)
        }
      }
      try await visit(listener.localAddress, times: 20, on: group) { client, _ in
        try await client.exchange(10, times: 5)
      }
      await listener.close()
      try await serving.value
      #expect(running.most == 2 && running.all == 20)
    }
  }

  @Test("Connections that came beyond the limit end with the listener")
  func heldBack() async throws {
    try await withLoops { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      let bodies = Tally()
      let serving = Task {
        try await listener.serve(limits: ServeLimits(connectionsPerLoop: 1)) { connection in
          bodies.add()
          while try await connection.receiveUnlessDraining() != nil {}
        }
      }
      var clients: [StreamConnection] = []
      for _ in 0..<5 {
        clients.append(
          try await StreamConnection.connect(to: listener.localAddress, on: group.loops[0]))
      }
      #expect(try await group.drain(grace: .seconds(3600)) == 0)
      try await serving.value
      #expect(bodies.value == 1)
      for client in clients { await client.close() }
    }
  }

  /// What a body waits for.
  enum Waiting: CaseIterable {
    case request, rest, room

    var limits: ServeLimits {
      let (short, long) = (Duration.milliseconds(8), Duration.seconds(3600))
      return switch self {
      case .request: ServeLimits(idleTime: short, receiveTime: long, sendTime: long)
      case .rest: ServeLimits(idleTime: long, receiveTime: short, sendTime: long)
      case .room: ServeLimits(idleTime: long, receiveTime: long, sendTime: short)
      }
    }
  }

  @Test("A wait that lasts too long ends, each by its own limit", arguments: Waiting.allCases)
  func times(_ waiting: Waiting) async throws {
    try await withLoops { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group, options: .tight)
      let seen = Mutex<SocketError?>(nil)
      let early = Tally()
      let serving = Task {
        try await listener.serve(limits: waiting.limits) { connection in
          let start = connection.loop.now
          let error = await failure { () async throws(SocketError) in
            switch waiting {
            case .request: _ = try await connection.receiveUnlessDraining()
            case .rest: _ = try await connection.receive()
            case .room: try await connection.send([UInt8](repeating: 0, count: 1 << 20))
            }
          }
          if start.duration(to: connection.loop.now) < .milliseconds(8) { early.add() }
          seen.withLock { $0 = error }
          connection.abort()
        }
      }
      let client = try await StreamConnection.connect(
        to: listener.localAddress, on: group.loops[0], options: .tight)
      await group.loops[0].until { seen.withLock { $0 != nil } }
      await client.close()
      await listener.close()
      try await serving.value
      #expect(seen.withLock { $0 }?.cause == .timeout)
      #expect(early.value == 0, "never early")
      #expect(await group.loops[0].ask { group.loops[0].core.timers.count == 0 })
    }
  }

  @Test("Limits that are not reached end nothing")
  func unreached() async throws {
    try await withLoops { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      let limits = ServeLimits(
        idleTime: .seconds(3600), receiveTime: .seconds(3600), sendTime: .seconds(3600))
      let serving = Task { try await listener.serve(limits: limits) { try await echo($0) } }
      let client = try await StreamConnection.connect(
        to: listener.localAddress, on: group.loops[0])
      try await client.exchange(1000, times: 20)
      await client.close()
      await listener.close()
      try await serving.value
    }
  }
}
