// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import SystemPackage
import TestSupport
import Testing

@testable import CompletionIO

/// Readers that drop, wait for the next request, and hand their connection on.
@Suite("Byte readers of servers and proxies", .timeLimit(.minutes(3)))
struct ByteReaderSkipTests {
  @Test(
    "Everything before a delimiter is dropped, in whatever pieces it comes", arguments: [7, 4096])
  func skips(pieceSize: Int) async throws {
    let noise = numbered(70_000).map { $0 | 0x80 }
    let message = noise + [10, 1, 2] + noise + [13, 10, 13, 10, 3] + noise + [10]
    try await withPair { near, far in
      let sending = Task {
        let slow = pieceSize * 20
        for start in stride(from: 0, to: slow, by: pieceSize) {
          try await near.send(Array(message[start..<start + pieceSize]))
        }
        try await near.send(Array(message[slow...]))
        try await near.finishSending()
      }
      var reader = ByteReader(far)
      var isThere = try await reader.skip(until: 10)
      #expect(isThere && reader.element.isEmpty)
      isThere = try await reader.read(exactly: 2)
      #expect(isThere && [UInt8](copying: reader.element) == [1, 2])
      isThere = try await reader.skip(until: [13, 10, 13, 10], limit: noise.count)
      #expect(isThere && reader.element.isEmpty)
      isThere = try await reader.read(exactly: 1)
      #expect(isThere && [UInt8](copying: reader.element) == [3])
      isThere = try await reader.skip(until: 10, timeout: .seconds(3600))
      #expect(isThere)
      isThere = try await reader.skip(until: 10)
      #expect(!isThere && reader.unreadByteCount == 0)
      try await sending.value
    }
  }

  @Test("What ends a skip early says how many bytes are dropped")
  func cut() async throws {
    try await withPair { near, far in
      try await near.send([0, 1, 2, 3, 4, 5, 6])
      var reader = ByteReader(far)
      // The others have come along, before any time runs.
      let isFirst = try await reader.read(exactly: 1)
      #expect(isFirst && reader.unreadByteCount == 6)
      var error = await failureOfSkip(&reader, [13, 10], timeout: .milliseconds(10))
      #expect(error?.cause == .timeout && error?.byteCount == 5)
      #expect(reader.unreadByteCount == 1)
      try await near.send([7, 8, 9])
      error = await failureOfSkip(&reader, [13], limit: 2)
      #expect(error?.cause == .tooLong && error?.errno == .messageTooLong)
      let isThere = try await reader.read(exactly: 4 - (error?.byteCount ?? 0))
      #expect(isThere && reader.element.byteCount >= 1)
      try await near.send([10])
      try await near.finishSending()
      error = await failureOfSkip(&reader, [13, 10])
      #expect(error?.cause == .endOfStream && error?.errno == .noData && error?.byteCount == 0)
    }
  }

  private func failureOfSkip(
    _ reader: inout ByteReader, _ delimiter: [UInt8], limit: Int = .max, timeout: Duration? = nil
  ) async -> SocketError? {
    do throws(SocketError) {
      _ = try await reader.skip(until: delimiter, limit: limit, timeout: timeout)
      return nil
    } catch {
      return error
    }
  }

  /// Answers lines with themselves, until the connection is idle when the listener closes.
  private static func answer(
    _ connection: StreamConnection, held: Event? = nil
  ) async throws(SocketError) {
    var reader = ByteReader(connection)
    while try await reader.waitUnlessDraining() {
      guard try await reader.readLine(limit: 100) else { return }
      try await connection.send(reader.element)
      await held?.wait()
    }
  }

  @Test("A connection between two requests ends when its group drains", arguments: [false, true])
  func drains(afterRequests: Bool) async throws {
    try await withLoops { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      let serving = Task { try await listener.serve { try await Self.answer($0) } }
      try await withLoops { clients in
        let client = try await StreamConnection.connect(
          to: listener.localAddress, on: clients.loops[0])
        if afterRequests {
          try await client.send(Array("one\ntwo\n".utf8))
          #expect(try await client.receive(atMost: 6) == Array("onetwo".utf8))
        }
        await group.loops[0].until { group.loops[0].acceptedCount == 1 }
        #expect(try await group.drain(grace: .seconds(3600)) == 0)
        #expect(try await client.receiveAll() == [])
        await client.close()
      }
      try await serving.value
    }
  }

  @Test("Requests that have come, and one that has begun, are answered before")
  func answersFirst() async throws {
    try await withLoops { group in
      let (loop, held) = (group.loops[0], Event())
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      let serving = Task { try await listener.serve { try await Self.answer($0, held: held) } }
      try await withLoops { clients in
        let client = try await StreamConnection.connect(
          to: listener.localAddress, on: clients.loops[0])
        try await client.send(Array("one\ntwo\nthr".utf8))
        #expect(try await client.receive(atMost: 3) == Array("one".utf8))
        let drain = Task { try await group.drain(grace: .seconds(3600)) }
        await loop.until { !loop.drainWaits.isEmpty }
        held.happen()
        #expect(try await client.receive(atMost: 3) == Array("two".utf8))
        try await client.send(Array("ee\n".utf8))
        #expect(try await client.receiveAll() == Array("three".utf8))
        #expect(try await drain.value == 0)
        await client.close()
      }
      try await serving.value
    }
  }

  @Test("A wait for the next request has a time")
  func waitsInTime() async throws {
    try await withPair { near, far in
      let error = await failure { () async throws(SocketError) in
        var reader = ByteReader(far)
        _ = try await reader.waitUnlessDraining(timeout: .milliseconds(5))
      }
      #expect(error?.cause == .timeout)
      try await near.send([1, 2])
      var reader = ByteReader(far)
      let isThere = try await reader.waitUnlessDraining()
      #expect(isThere && reader.unreadByteCount == 2 && reader.element.isEmpty)
    }
  }
}
