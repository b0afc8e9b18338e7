// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// One connection and several tasks, on and off its loop.
@Suite("Shared connections", .timeLimit(.minutes(3)))
struct SharedConnectionTests {
  @Test("One task receives while another sends")
  func bothWays() async throws {
    try await withPair(loops: 2) { near, far in
      let message = numbered(3 << 20)
      try await withThrowingTaskGroup { tasks in
        for connection in [near, far] {
          tasks.addTask {
            for start in stride(from: 0, to: message.count, by: 1 << 17) {
              try await connection.send(Array(message[start..<start + (1 << 17)]))
            }
          }
          tasks.addTask {
            let back = try await connection.receive(atMost: message.count)
            #expect(firstDifference(back, message) == nil)
          }
        }
        try await tasks.waitForAll()
      }
    }
  }

  @Test("Sends of several tasks go out each whole")
  func severalSenders() async throws {
    let byteCount = 40_000
    try await withPair(options: .tight) { near, far in
      try await requireWholeMessages(of: byteCount, from: near, to: far) { near, byte in
        try await near.send([UInt8](repeating: byte, count: byteCount))
      }
    }
  }

  @Test("A half-closed connection still receives")
  func halfClose() async throws {
    try await withPair { near, far in
      try await near.send(numbered(100_000))
      try await near.finishSending()
      #expect(firstDifference(try await far.receiveAll(), numbered(100_000)) == nil)
      #expect(try await far.receive() == nil)
      try await far.send(numbered(200_000))
      await far.close()
      #expect(firstDifference(try await near.receiveAll(), numbered(200_000)) == nil)
      let error = await failure { () async throws(SocketError) in try await near.send([1]) }
      #expect(error?.errno == .brokenPipe)
    }
  }

  @Test("Both ways to receive on one connection")
  func mixedReceives() async throws {
    try await withPair { near, far in
      let message = numbered(500_000)
      let sending = Task {
        try await near.send(message)
        try await near.finishSending()
      }
      var bytes: [UInt8] = []
      var round = 0
      while true {
        let piece: [UInt8]
        switch round % 3 {
        case 0: piece = try await far.receive(1 + round % 7000)
        case 1: piece = try await far.receive(100_000)
        default: piece = try await far.receive(atMost: 1)
        }
        if piece.isEmpty { break }
        bytes += piece
        round += 1
      }
      #expect(firstDifference(bytes, message) == nil)
      try await sending.value
      #expect(try await far.receive(9) == [])
      #expect(try await far.receive() == nil)
    }
  }

  @Test("A connection of one loop used by the tasks of another")
  func acrossLoops() async throws {
    try await withLoops(2) { group in
      let pair = try await ConnectionPair(on: group)
      let other = try #require(group.loops.first { $0 !== pair.far.loop })
      let (near, far) = (pair.near, pair.far)
      let echoing = Task(executorPreference: other) {
        for _ in 0..<20 {
          if let chunk = try await far.receive() { try await far.enqueue(chunk) }
        }
        while let chunk = try await far.receive() { try await far.send(chunk.bytes) }
      }
      try await near.exchange(1001, times: 50, pipeline: 4)
      try await near.exchange(100_000, times: 4)
      await near.close()
      try await echoing.value
      await pair.close()
    }
  }

  @Test("A stream with a handler: copies, order, closing behind what is queued")
  func handlerCloses() async throws {
    try await withLoops { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group, options: .tight)
      let message = numbered(300_000)
      let ends = Tally()
      try listener.handle(
        StreamHandler(
          received: { stream, chunk in
            stream.enqueue(chunk)
            stream.enqueue(copying: unsafe message.span.bytes)
            stream.close()
            stream.close()
          },
          ended: { _, _ in ends.add() }))
      for _ in 0..<3 {
        let client = try await StreamConnection.connect(
          to: listener.localAddress, on: group.loops[0], options: .tight)
        try await client.send([1, 2, 3])
        #expect(firstDifference(try await client.receiveAll(), [1, 2, 3] + message) == nil)
        await client.close()
      }
      // Of its own close a handler is told too, once for each stream.
      await group.loops[0].until { ends.value >= 3 }
      #expect(ends.value == 3)
      listener.abort()
    }
  }
}
