// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// Groups that drain while services of datagrams run.
@Suite("Datagram services that end", .timeLimit(.minutes(3)))
struct DatagramDrainTests {
  @Test("A group waits for a service that answers what it has taken", arguments: [1, 2])
  func waitsForService(loopCount: Int) async throws {
    let group = try CompletionLoopGroup(count: loopCount)
    let sockets = try await DatagramSocket.bind(to: "127.0.0.1:0", on: group)
    let (taken, mayAnswer) = (Event(), Event())
    let serving = sockets.map { socket in
      Task {
        while let datagram = try await socket.receive() {
          taken.happen()
          await mayAnswer.wait()
          try await socket.reply(datagram)
        }
        try await socket.flush()
        await socket.close()
      }
    }
    try await withLoops { clients in
      let client = try await DatagramSocket.connect(
        to: try #require(sockets[0].localAddress), on: clients.loops[0])
      try await client.send([7])
      await taken.wait()
      let shutdown = Task { try await group.shutdown(grace: .seconds(3600)) }
      for loop in group.loops {
        await loop.until { !loop.drainWaits.isEmpty || loop.datagramServiceCount == 0 }
      }
      mayAnswer.happen()
      #expect(try await client.take()?.bytes == [7])
      #expect(try await shutdown.value == 0)
      await client.close()
    }
    for task in serving { try await task.value }
  }

  @Test("A handler is told the end, and is waited for until it closes")
  func waitsForHandler() async throws {
    try await withLoops { group in
      let loop = group.loops[0]
      let ended = Event()
      let endpoint = try await loop.isolation.run { _ throws(SocketError) in
        try DatagramEndpoint.bind(to: .loopback(port: 0), on: loop)
      }
      endpoint.start(
        DatagramHandler(
          received: { _, _ in },
          ended: { _, error in if error == nil { ended.happen() } }))
      await loop.until { loop.datagramServiceCount == 1 }
      let drain = Task { try await group.drain(grace: .seconds(3600)) }
      await ended.wait()
      #expect(await loop.ask { !loop.drainWaits.isEmpty })
      endpoint.close()
      #expect(try await drain.value == 0)
    }
  }

  @Test("A service that does not end is counted at the end of the grace")
  func forced() async throws {
    let group = try CompletionLoopGroup(count: 1)
    let socket = try await DatagramSocket.bind(to: "127.0.0.1:0", on: group.loops[0])
    let receiving = Task { try await socket.receive() == nil }
    await group.loops[0].until { group.loops[0].datagramServiceCount == 1 }
    #expect(try await group.shutdown(grace: .milliseconds(10)) == 1)
    #expect(try await receiving.value)
    await socket.close()
  }

  @Test("Sockets on which nobody receives, and those of clients, hold no drain")
  func others() async throws {
    try await withLoops { group in
      let loop = group.loops[0]
      let sender = try await DatagramSocket.bind(to: "127.0.0.1:0", on: loop)
      let peer = try await DatagramSocket.bind(to: "127.0.0.1:0", on: loop)
      let client = try await DatagramSocket.connect(
        to: try #require(peer.localAddress), on: loop)
      try await sender.send([1], to: peer.localAddress)
      #expect(try await peer.take()?.bytes == [1])
      try await peer.send([2], to: client.localAddress)
      #expect(try await client.take()?.bytes == [2])
      await peer.close()
      #expect(try await group.drain(grace: .seconds(3600)) == 0)
      await client.close()
      await sender.close()
      #expect(await loop.ask { loop.datagramServiceCount } == 0)
    }
  }
}
