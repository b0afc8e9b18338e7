// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import Synchronization
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// A listener accepts no connection for which the flight table has no room.
@Suite("A full flight table", .timeLimit(.minutes(3)))
struct FullTableTests {
  @Test("A connect works once others have closed", arguments: [0, 16] as [UInt32])
  func laterConnect(placeCount: UInt32) async throws {
    let clients = try CompletionLoopGroup(count: 1)
    try await withLoops(
      1,
      {
        // The wake-up, the accept, and one connection that receives and sends.
        $0.flightLimit = 4
        $0.directDescriptorCount = directPlaces(placeCount)
      }
    ) { group in
      let loop = group.loops[0]
      try await withEcho(on: group) { address in
        for _ in 0..<3 {
          var connections: [StreamConnection] = []
          for _ in 0..<8 {
            connections.append(
              try await StreamConnection.connect(to: address, on: clients.loops[0]))
          }
          // One is served, and the others wait in the backlog until there is room.
          for connection in connections {
            try await connection.exchange(100)
            #expect(await loop.ask { loop.taskCount } == 1)
            await connection.close()
          }
          #expect(await loop.ask { loop.statistics.flightTableFull } == 0)
          await loop.until { loop.operationCount == 2 && loop.taskCount == 0 }
          let late = try await StreamConnection.connect(to: address, on: clients.loops[0])
          try await late.exchange(100, times: 3)
          await late.close()
          await loop.until { loop.operationCount == 2 && loop.taskCount == 0 }
        }
      }
    }
    await clients.close()
  }

  @Test("Accepting waits for room after a pause", arguments: [0, 16] as [UInt32])
  func afterPause(placeCount: UInt32) async throws {
    let clients = try CompletionLoopGroup(count: 1)
    try await withLoops(
      1,
      {
        $0.flightLimit = 4
        $0.unclaimedConnectionLimit = 1
        $0.directDescriptorCount = directPlaces(placeCount)
      }
    ) { group in
      let loop = group.loops[0]
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      var visitors: [StreamConnection] = []
      for number: UInt8 in 0..<3 {
        visitors.append(
          try await StreamConnection.connect(to: listener.localAddress, on: clients.loops[0]))
        try await visitors[Int(number)].send([number])
      }
      let acceptor = listener.acceptors[0]
      for number: UInt8 in 0..<3 {
        let host = try await listener.accept()
        // One connection is all that there is room for.
        await loop.until { !acceptor.isAccepting }
        #expect(try await host.receive(1) == [number])
        await host.close()
      }
      #expect(await loop.ask { loop.statistics.flightTableFull } == 0)
      for connection in visitors { await connection.close() }
      listener.abort()
    }
    await clients.close()
  }

  @Test("A connection without a flight says so, and works once there is one")
  func taken() async throws {
    let others = try CompletionLoopGroup(count: 1)
    try await withLoops(1, { $0.flightLimit = 8 }) { group in
      let loop = group.loops[0]
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: others)
      let near = try await StreamConnection.connect(to: listener.localAddress, on: loop)
      let far = try await listener.accept()
      let tokens = await takeAllFlights(of: loop)
      let errors = [
        await failure { () async throws(SocketError) in _ = try await near.receive() },
        await failure { () async throws(SocketError) in _ = try await near.receive(1) },
        await failure { () async throws(SocketError) in try await near.send([1]) },
        await failure { () async throws(SocketError) in try await near.finishSending() },
      ]
      for error in errors {
        #expect(error?.cause == .tableFull)
        #expect(error?.errno == .noBufferSpace)
        #expect(error?.peer == listener.localAddress)
      }
      #expect(await loop.ask { loop.statistics.flightTableFull } >= 4)
      for token in tokens { loop.cancel(token) }
      await loop.until { loop.operationCount == 1 }
      try await far.send([1])
      #expect(try await near.receive(1) == [1])
      try await near.send([2])
      #expect(try await far.receive(1) == [2])
      await near.close()
      await far.close()
    }
    await others.close()
  }

  @Test("A connection that has waited for room knows its peer", arguments: [0, 16] as [UInt32])
  func peerOfOneThatWaited(placeCount: UInt32) async throws {
    let clients = try CompletionLoopGroup(count: 1)
    let peers = Mutex<[SocketAddress?]>([])
    try await withLoops(
      1,
      {
        // Seven connections; into a table two accepts at a time, so that an eighth waits for room.
        $0.flightLimit = 16
        $0.directDescriptorCount = directPlaces(placeCount)
      }
    ) { group in
      try await withServer(on: group) { connection in
        peers.withLock { $0.append(connection.peerAddress) }
        try await echo(connection)
      } _: { address in
        var visitors: [StreamConnection] = []
        for _ in 0..<12 {
          visitors.append(try await StreamConnection.connect(to: address, on: clients.loops[0]))
        }
        for visitor in visitors {
          try await visitor.exchange(1)
          #expect(peers.withLock { $0.contains(visitor.localAddress) })
          await visitor.close()
        }
      }
    }
    #expect(peers.withLock { $0.count } == 12)
    await clients.close()
  }

  @Test("A listener beside which no connection has room is refused", arguments: [2, 3])
  func tooSmall(flightLimit: Int) async throws {
    try await withLoops(1, { $0.flightLimit = flightLimit }) { group in
      let error = await failure { () async throws(SocketError) in
        _ = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      }
      #expect(error?.cause == .tableFull && error?.operation == .listen)
      #expect(error?.advice.contains("flightLimit") == true)
      // It would never accept.
      guard error != nil else { return }
      // Without a task it says so when it is used.
      let address = SocketAddress.loopback(port: 0)
      let listener = try StreamListener.bind(to: address, on: group.loops[0])
      let use = await failure { () async throws(SocketError) in _ = try await listener.accept() }
      #expect(use?.cause == .tableFull)
    }
  }

  @Test("A second listener is refused where only one has room, and the first goes on")
  func secondListener() async throws {
    let clients = try CompletionLoopGroup(count: 1)
    try await withLoops(1, { $0.flightLimit = 4 }) { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      for _ in 0..<2 {
        let error = await failure { () async throws(SocketError) in
          _ = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
        }
        #expect(error?.cause == .tableFull)
      }
      let client = try await StreamConnection.connect(
        to: listener.localAddress, on: clients.loops[0])
      await (try listener.accept()).close()
      await client.close()
      await listener.close()
      // Its room is free again.
      await (try StreamListener.bind(to: "127.0.0.1:0", on: group)).close()
    }
    await clients.close()
  }

  /// Has the loop wait for what never comes, as often as it can.
  private func takeAllFlights(of loop: CompletionLoop) async -> [Token] {
    await loop.ask {
      var tokens: [Token] = []
      while let token = unsafe try? loop.submit(
        .timeout(after: .seconds(3600)), handler: OperationHandler { _, _ in })
      {
        tokens.append(token)
      }
      return tokens
    }
  }
}
