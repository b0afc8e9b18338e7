// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import Foundation
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// How sockets of datagrams begin and end.
@Suite("Datagram life", .timeLimit(.minutes(3)))
struct DatagramLifeTests {
  @Test("Each loop of a group has a socket, and they share the datagrams")
  func group() async throws {
    try await withLoops(2) { group in
      let sockets = try await DatagramSocket.bind(to: "127.0.0.1:0", on: group)
      #expect(sockets.count == 2)
      #expect(Set(sockets.map(\.localAddress)).count == 1)
      let served = sockets.map { _ in Tally() }
      for (socket, tally) in zip(sockets, served) {
        socket.endpoint.start(
          DatagramHandler(received: { endpoint, datagram in
            tally.add()
            endpoint.reply(datagram)
          }))
      }
      let address = try #require(sockets[0].localAddress)
      for number in UInt8(0)..<50 {
        let client = try await DatagramSocket.connect(to: address, on: group.next())
        try await client.send([number])
        #expect(try await client.take()?.bytes == [number])
        await client.close()
      }
      // 50 senders, of which each goes to one of two: the odds of one socket for all are 2 to 2⁵⁰.
      #expect(served.allSatisfy { $0.value > 0 })
      for socket in sockets { await socket.close() }
    }
  }

  @Test("A handler that refers to its socket keeps nothing behind its close")
  func handlerIsLetGo() async throws {
    try await withLoops { group in
      var socket: DatagramSocket? = try await DatagramSocket.bind(
        to: "127.0.0.1:0", on: group.loops[0])
      weak let seen = socket
      let closed = Event()
      socket?.endpoint.start(
        DatagramHandler(
          received: { [socket] _, _ in _ = socket }, closed: { _ in closed.happen() }))
      socket?.abort()
      socket = nil
      await closed.wait()
      while seen != nil { await Task.yield() }
    }
  }

  @Test("All interfaces serve both families")
  func everywhere() async throws {
    try await withLoops { group in
      let server = try await DatagramSocket.bind(to: ":0", on: group.loops[0])
      let port = try #require(server.localAddress?.port)
      for host in ["127.0.0.1", "[::1]"] {
        let client = try await DatagramSocket.connect(to: "\(host):\(port)", on: group.loops[0])
        try await client.send([1])
        guard let datagram = try await server.receive(timeout: .seconds(20)) else {
          throw NoDatagram()
        }
        try await server.reply(datagram)
        #expect(try await client.take()?.bytes == [1])
        await client.close()
      }
      await server.close()
    }
  }

  @Test("Two Unix-domain sockets that have no names")
  func pair() async throws {
    try await withLoops { group in
      let (near, far) = try await DatagramSocket.pair(on: group.loops[0])
      try await near.send([1, 2, 3])
      guard let datagram = try await far.receive(timeout: .seconds(20)) else { throw NoDatagram() }
      #expect(datagram.sender == nil)
      try await far.reply(datagram)
      #expect(try await near.take()?.bytes == [1, 2, 3])
      await near.close()
      await far.close()
    }
  }

  @Test("A path's file can be stale")
  func stalePath() async throws {
    try await withLoops { group in
      let directory = FileManager.default.temporaryDirectory.path
      let path = "unix:\(directory)/uring-\(UInt32.random(in: 0 ... .max)).sock"
      var options = DatagramOptions()
      options.removesStalePath = true
      for _ in 0..<2 {
        let socket = try await DatagramSocket.bind(to: path, on: group.loops[0], options: options)
        let error = await failure { () throws(SocketError) in
          try await DatagramSocket.bind(to: path, on: group.loops[0], options: Self.atOnce)
        }
        #expect(error?.errno == .addressInUse)
        await socket.close()
      }
      try FileManager.default.removeItem(atPath: String(path.dropFirst(5)))
    }
  }

  private static var atOnce: DatagramOptions {
    var options = DatagramOptions()
    options.bindRetryLimit = .zero
    options.removesStalePath = true
    return options
  }

  @Test("What is queued goes out before a close, and not after an abort", arguments: [true, false])
  func closing(isGraceful: Bool) async throws {
    try await withDatagrams(at: "unix") { pair in
      let client = pair.client
      for number in UInt8(0)..<10 { try await client.send([number]) }
      for number in UInt8(10)..<30 { try await client.enqueue(BufferLease(copying: [number])) }
      if !isGraceful { client.abort() }
      async let closed: Void = client.close()
      var received: [UInt8] = []
      if !isGraceful { await closed }
      while received.count < (isGraceful ? 30 : 10), let taken = try await pair.server.take() {
        received += taken.bytes
      }
      await closed
      #expect(received == [UInt8](0..<(isGraceful ? 30 : 10)))
    }
  }

  @Test("A loop that drains ends a server's receive, and not a client's")
  func drains() async throws {
    try await withLoops { group in
      let pair = try await DatagramPair(on: group)
      let server = pair.server
      let serving = Task {
        var count = 0
        while let datagram = try await server.receive() {
          count += 1
          try await server.reply(datagram)
        }
        return count
      }
      try await pair.client.send([1])
      #expect(try await pair.client.take()?.bytes == [1])
      let drain = Task { try await group.drain(grace: .seconds(3600)) }
      #expect(try await serving.value == 1)
      try await server.send([2], to: pair.client.localAddress)
      #expect(try await pair.client.take()?.bytes == [2])
      await pair.close()
      #expect(try await drain.value == 0)
    }
  }

  @Test("A group that closes ends all waits")
  func groupCloses() async throws {
    let group = try CompletionLoopGroup(count: 1)
    let pair = try await DatagramPair(on: group, at: abstractName())
    let receiving = Task { try await pair.client.take(timeout: nil) }
    let sending = Task { while true { try await pair.client.send([1]) } }
    await pair.client.loop.until {
      pair.client.endpoint.sending.pace == .waiting
        && pair.client.endpoint.receiving.receiver != nil
    }
    await group.close()
    let received = await #expect(throws: SocketError.self) { try await receiving.value }
    #expect(received?.errno == .socketShutdown)
    let sent = await #expect(throws: SocketError.self) { try await sending.value }
    #expect(sent?.errno == .socketShutdown)
    let late = await failure { () throws(SocketError) in try await pair.client.send([1]) }
    #expect(late?.cause == .loopStopped)
  }

  @Test("Sockets that are dropped are closed, with what they have received")
  func dropped() async throws {
    try await leavingNoDescriptors {
      try await withLoops(2) { group in
        for _ in 0..<20 {
          let pair = try await DatagramPair(on: group)
          for number in UInt8(0)..<5 { try await pair.client.send([number]) }
          #expect(try await pair.server.take()?.bytes == [0])
        }
      }
    }
  }
}
