// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

@Suite("Draining and shutting down in good order", .timeLimit(.minutes(3)))
struct DrainTests {
  /// Answers each byte with itself, until it is idle when the listener closes.
  private static func answer(_ connection: StreamConnection) async throws(SocketError) {
    while let chunk = try await connection.receiveUnlessDraining() {
      try await connection.send(chunk.bytes)
    }
  }

  @Test("Idle connections end, and nobody is forced", arguments: [1, 2], [false, true])
  func idleConnectionsEnd(loopCount: Int, afterRequests: Bool) async throws {
    let group = try CompletionLoopGroup(count: loopCount)
    let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
    let serving = Task { try await listener.serve { try await Self.answer($0) } }
    try await withLoops { clients in
      var connections: [StreamConnection] = []
      for _ in 0..<8 {
        let client = try await StreamConnection.connect(
          to: listener.localAddress, on: clients.loops[0])
        if afterRequests {
          try await client.send([5])
          #expect(try await client.receive(atMost: 1) == [5])
        }
        connections.append(client)
      }
      await untilAccepted(8, on: group)
      #expect(try await group.shutdown(grace: .seconds(3600)) == 0)
      for client in connections {
        #expect(try await client.receive() == nil)
        await client.close()
      }
    }
    try await serving.value
  }

  @Test("What has begun is finished, and its peer is told")
  func whatRunsGoesOn() async throws {
    let group = try CompletionLoopGroup(count: 1)
    let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
    let serving = Task {
      try await listener.serve { connection in
        guard try await connection.receiveUnlessDraining() != nil else { return }
        // The rest of the request, which the drain does not end.
        guard let rest = try await connection.receive() else { return }
        try await connection.send(rest.bytes)
        try await connection.send([99])
      }
    }
    try await withLoops { clients in
      let client = try await StreamConnection.connect(
        to: listener.localAddress, on: clients.loops[0])
      try await client.send([1])
      let loop = group.loops[0]
      await loop.until { loop.core.statistics.bytesReceived == 1 }
      let shutdown = Task { try await group.shutdown(grace: .seconds(3600)) }
      await loop.until { !loop.drainWaits.isEmpty }
      let refused = await failure { () async throws(SocketError) in
        _ = try await StreamConnection.connect(
          to: listener.localAddress, on: clients.loops[0], timeout: .seconds(5))
      }
      #expect(refused?.errno == .connectionRefused)
      try await client.send([2])
      #expect(try await client.receiveAll() == [2, 99])
      #expect(try await shutdown.value == 0)
      await client.close()
    }
    try await serving.value
  }

  @Test("Those that do not end are forced at the end of the grace, and counted")
  func stubbornOnesAreForced() async throws {
    let group = try CompletionLoopGroup(count: 2)
    let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
    let stopped = Tally()
    let serving = Task {
      try await listener.serve { connection in
        let error = await failure { () async throws(SocketError) in
          while try await connection.receive() != nil {}
        }
        if error?.cause == .loopStopped { stopped.add() }
      }
    }
    try await withLoops { clients in
      var connections: [StreamConnection] = []
      for _ in 0..<3 {
        connections.append(
          try await StreamConnection.connect(to: listener.localAddress, on: clients.loops[0]))
      }
      await untilAccepted(3, on: group)
      #expect(try await group.shutdown(grace: .milliseconds(20)) == 3)
      for client in connections { await client.close() }
    }
    try await serving.value
    #expect(stopped.value == 3)
  }

  @Test("Bodies are told once, and may stop receiving")
  func bodiesAreTold() async throws {
    try await withLoops { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      let told = Tally()
      let serving = Task {
        try await listener.serve { connection in
          connection.onListenerClose {
            told.add()
            $0.stopReceiving()
          }
          while try await connection.receive() != nil {}
          try await connection.send([42])
        }
      }
      try await withLoops { clients in
        let client = try await StreamConnection.connect(
          to: listener.localAddress, on: clients.loops[0])
        await untilAccepted(1, on: group)
        #expect(try await group.drain(grace: .seconds(3600)) == 0)
        #expect(try await client.receiveAll() == [42])
        await client.close()
      }
      try await serving.value
      #expect(told.value == 1)
      #expect(try await group.drain(grace: .seconds(3600)) == 0, "nothing is left")
    }
  }

  @Test("A handler's connections are waited for")
  func handlersConnections() async throws {
    try await withLoops { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      try listener.handle(
        StreamHandler(
          received: { stream, lease in stream.enqueue(lease) },
          ended: { stream, _ in stream.close() }))
      try await withLoops { clients in
        let client = try await StreamConnection.connect(
          to: listener.localAddress, on: clients.loops[0])
        await untilAccepted(1, on: group)
        #expect(try await group.drain(grace: .milliseconds(5)) == 1)
        let drain = Task { try await group.drain(grace: .seconds(3600)) }
        await client.close()
        #expect(try await drain.value == 0)
      }
    }
  }

  @Test("The end of the calling task's patience is the end of the grace")
  func cancelled() async throws {
    try await withLoops { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      let client = try await StreamConnection.connect(
        to: listener.localAddress, on: group.loops[0])
      let far = try await listener.accept()
      let drain = Task { try await group.drain(grace: .seconds(3600)) }
      let loop = group.loops[0]
      await loop.until { !loop.drainWaits.isEmpty }
      drain.cancel()
      #expect(try await drain.value == 1)
      #expect(await loop.ask { loop.drainWaits.isEmpty && loop.core.timers.count == 0 })
      await far.close()
      await client.close()
    }
  }

  /// They held it for the whole grace.
  @Test("Connections that nobody has taken hold no drain")
  func untaken() async throws {
    try await withLoops(2) { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      try await withLoops { clients in
        var connections: [StreamConnection] = []
        for _ in 0..<6 {
          connections.append(
            try await StreamConnection.connect(to: listener.localAddress, on: clients.loops[0]))
        }
        let taken = try await listener.accept()
        await untilAccepted(6, on: group)
        let drain = Task { try await group.drain(grace: .seconds(3600)) }
        // The one that somebody has taken is waited for.
        for loop in group.loops where loop === taken.loop {
          await loop.until { loop.acceptedCount == 1 }
        }
        try await taken.send([1])
        await taken.close()
        #expect(try await drain.value == 0)
        for client in connections {
          _ = await failure { () async throws(SocketError) in try await client.receiveAll() }
          await client.close()
        }
      }
    }
  }

  @Test("A body that waits for the end of its own group is told so", arguments: [false, true])
  func ownBody(closes: Bool) async throws {
    let group = try CompletionLoopGroup(count: 2)
    let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
    let told = Tally()
    let serving = Task {
      try await listener.serve { connection in
        if closes {
          await group.close()
          told.add()
        } else {
          let error = await #expect(throws: LoopError.self) {
            _ = try await group.shutdown(grace: .seconds(3600))
          }
          if error?.reason == .waitsForItself, error?.errno == .deadlock { told.add() }
          await connection.close()
          // In a task of its own, for which nothing of the group waits.
          Task { try await group.shutdown(grace: .seconds(3600)) }
        }
      }
    }
    try await withLoops { clients in
      let client = try await StreamConnection.connect(
        to: listener.localAddress, on: clients.loops[0])
      _ = await failure { () async throws(SocketError) in _ = try await client.receiveAll() }
      try await serving.value
      await client.close()
    }
    await group.close()
    #expect(told.value == 1)
  }

  @Test("Leaving a scope closes the group", arguments: [false, true])
  func scope(throwing: Bool) async throws {
    var kept: CompletionLoop?
    do {
      try await CompletionLoopGroup.with(count: 1) { group in
        kept = group.loops[0]
        if throwing { throw CancellationError() }
      }
      #expect(!throwing)
    } catch {
      #expect(throwing && error is CancellationError)
    }
    #expect(kept?.hasEnded == true)
  }

  private func untilAccepted(_ count: Int, on group: CompletionLoopGroup) async {
    while true {
      var accepted = 0
      for loop in group.loops { accepted += await loop.ask { loop.acceptedCount } }
      if accepted == count { return }
      await Task.yield()
    }
  }
}
