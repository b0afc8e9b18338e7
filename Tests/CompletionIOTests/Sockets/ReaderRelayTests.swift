// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import SystemPackage
import TestSupport
import Testing

@testable import CompletionIO

/// Relays that begin with what a reader has not read.
@Suite("Relays of readers", .timeLimit(.minutes(3)))
struct ReaderRelayTests {
  @Test(
    "What is unread goes first, and nothing is lost or doubled", arguments: [1, 2], [1, 70_000])
  func unreadFirst(loopCount: Int, readCount: Int) async throws {
    try await withLoops(loopCount) { group in
      let client = try await ConnectionPair(on: group)
      let server = try await ConnectionPair(on: group)
      let message = numbered(300_000)
      let sending = Task { [near = client.near] in
        try await near.send(message)
        try await near.finishSending()
      }
      let relaying = Task { [first = client.far, second = server.near] in
        var reader = ByteReader(first)
        let isThere = try await reader.read(exactly: readCount)
        #expect(isThere)
        #expect(firstDifference([UInt8](copying: reader.element), message[..<readCount]) == nil)
        return try await reader.relay(with: second)
      }
      let received = try await server.far.receiveAll()
      #expect(firstDifference(received, message[readCount...]) == nil)
      try await server.far.send([1, 2, 3])
      try await server.far.finishSending()
      #expect(try await client.near.receiveAll() == [1, 2, 3])
      let counts = try await relaying.value
      #expect(
        counts
          == RelayCounts(firstToSecond: UInt64(message.count - readCount), secondToFirst: 3))
      try await sending.value
      await client.close()
      await server.close()
    }
  }

  @Test("Both sides may have said more than was read")
  func twoReaders() async throws {
    try await withLoops(2) { group in
      let client = try await ConnectionPair(on: group)
      let server = try await ConnectionPair(on: group)
      try await client.near.send(Array("CONNECT\nearly ".utf8))
      try await server.far.send(Array("OK\nwelcome ".utf8))
      let relaying = Task { [first = client.far, second = server.near] in
        var near = ByteReader(first)
        var far = ByteReader(second)
        let areThere = (
          try await near.peek(14), try await near.readLine(limit: 100),
          try await far.peek(11), try await far.readLine(limit: 100)
        )
        #expect(areThere == (true, true, true, true))
        return try await near.relay(with: far, idleLimit: .seconds(3600))
      }
      #expect(try await server.far.receive(atMost: 6) == Array("early ".utf8))
      #expect(try await client.near.receive(atMost: 8) == Array("welcome ".utf8))
      try await client.near.send([1])
      try await client.near.finishSending()
      #expect(try await server.far.receiveAll() == [1])
      try await server.far.finishSending()
      #expect(try await client.near.receiveAll() == [])
      #expect(try await relaying.value == RelayCounts(firstToSecond: 7, secondToFirst: 8))
      await client.close()
      await server.close()
    }
  }

  @Test("A side that cannot take what is unread is told, and the other is reset")
  func brokenTarget() async throws {
    try await withLoops { group in
      let client = try await ConnectionPair(on: group)
      let server = try await ConnectionPair(on: group)
      try await client.near.send([1, 2, 3])
      try await server.near.finishSending()
      var error: RelayError?
      do throws(RelayError) {
        var reader = ByteReader(client.far)
        _ = try? await reader.peek(3)
        try await reader.relay(with: server.near)
      } catch let thrown {
        error = thrown
      }
      #expect(error?.side == .second && error?.error.cause == .finished)
      #expect(error?.counts == RelayCounts(firstToSecond: 0, secondToFirst: 0))
      let told = await failure { () throws(SocketError) in try await client.near.receiveAll() }
      #expect(told?.errno == .connectionReset)
      await client.close()
      await server.close()
    }
  }
}
