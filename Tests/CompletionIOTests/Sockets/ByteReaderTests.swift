// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import SystemPackage
import TestSupport
import Testing

@testable import CompletionIO

/// Reading connections element by element, on the real kernel.
@Suite("Byte readers", .timeLimit(.minutes(3)))
struct ByteReaderTests {
  @Test("Lines, blocks and counted bytes, sent in pieces", arguments: [1, 7, 4096])
  func elements(pieceSize: Int) async throws {
    let body = numbered(70_000)
    let head = Array("GET / HTTP/1.1\r\nA: b\r\n\r\nlast\n".utf8)
    let message = head + body + [0] + Array("end".utf8)
    try await withPair { near, far in
      let sending = Task {
        let head = pieceSize == 1 ? 200 : message.count
        for start in stride(from: 0, to: head, by: pieceSize) {
          try await near.send(Array(message[start..<min(head, start + pieceSize)]))
        }
        try await near.send(Array(message[head...]))
        try await near.finishSending()
      }
      var reader = ByteReader(far)
      var isThere = try await reader.readLine(limit: 14)
      #expect(isThere && text(reader.element) == "GET / HTTP/1.1")
      isThere = try await reader.peek(2)
      #expect(isThere && text(reader.element) == "A:")
      isThere = try await reader.read(until: [13, 10, 13, 10], limit: 100)
      #expect(isThere && text(reader.element) == "A: b")
      isThere = try await reader.readLine(limit: 10)
      #expect(isThere && text(reader.element) == "last")
      try await reader.skip(10_000)
      isThere = try await reader.read(exactly: body.count - 10_000)
      #expect(isThere)
      #expect(firstDifference([UInt8](copying: reader.element), body[10_000...]) == nil)
      isThere = try await reader.read(until: 0, limit: 0)
      #expect(isThere && reader.element.isEmpty)
      var rest: [UInt8] = []
      while try await reader.read(atMost: 2) { rest.append(copying: reader.element) }
      #expect(rest == Array("end".utf8))
      isThere = try await reader.readLine(limit: 1)
      #expect(!isThere && reader.element.isEmpty && reader.unreadByteCount == 0)
      try await sending.value
    }
  }

  private func text(_ bytes: RawSpan) -> String? { String(validating: bytes) }

  @Test("The end of a stream in the middle says how many bytes had come, and leaves them")
  func cut() async throws {
    try await withPair { near, far in
      try await near.send([1, 2, 3])
      try await near.finishSending()
      var reader = ByteReader(far)
      for isLine in [false, true] {
        let error: SocketError?
        do throws(SocketError) {
          _ =
            if isLine { try await reader.readLine(limit: 9) } else {
              try await reader.read(exactly: 4)
            }
          error = nil
        } catch let thrown {
          error = thrown
        }
        #expect(error?.cause == .endOfStream && error?.errno == .noData)
        #expect(error?.byteCount == 3 && error?.operation == .receive)
      }
      let isThere = try await reader.read()
      #expect(isThere && [UInt8](copying: reader.element) == [1, 2, 3])
      let error = await failureOfSkip(&reader, 2)
      #expect(error?.cause == .endOfStream && error?.byteCount == 0)
    }
  }

  private func failureOfSkip(_ reader: inout ByteReader, _ count: Int) async -> SocketError? {
    do throws(SocketError) {
      try await reader.skip(count)
      return nil
    } catch {
      return error
    }
  }

  @Test("A line above its limit is refused before it has come as a whole")
  func tooLong() async throws {
    try await withPair { near, far in
      try await near.send(numbered(100).map { $0 | 0x80 })
      var reader = ByteReader(far)
      do throws(SocketError) {
        _ = try await reader.readLine(limit: 10)
        Issue.record("a line without an end was read")
      } catch {
        #expect(error.cause == .tooLong && error.errno == .messageTooLong)
        #expect(error.byteCount >= 12)
      }
    }
  }

  /// A peer that sends a byte now and then does not move the deadline.
  @Test("A deadline is one for all receives of a call", arguments: [true, false])
  func deadline(onLoop: Bool) async throws {
    try await withPair { near, far in
      let isOver = Event()
      let trickle = Task(executorPreference: near.loop) {
        var count = 0
        while !isOver.hasHappened {
          near.enqueue(copying: [7])
          count += 1
          try await near.loop.sleep(for: .milliseconds(2))
        }
        near.enqueue(copying: [10])
        return count
      }
      let reading = Task(executorPreference: onLoop ? near.loop : nil) {
        var reader = ByteReader(far)
        var byteCount = 0
        do throws(SocketError) {
          _ = try await reader.readLine(limit: .max, timeout: .milliseconds(30))
          Issue.record("a line without an end was read")
        } catch {
          #expect(error.cause == .timeout && error.errno == .timedOut)
          byteCount = error.byteCount
          #expect(byteCount == reader.unreadByteCount)
        }
        isOver.happen()
        // The deadline has gone with its call.
        let isThere = try await reader.readLine(limit: .max, timeout: .seconds(3600))
        #expect(isThere && reader.element.byteCount >= byteCount)
        return reader.element.byteCount
      }
      let lineByteCount = try await reading.value
      #expect(try await trickle.value == lineByteCount)
      await far.loop.until { far.stream.extras?.readDeadline == nil }
    }
  }

  @Test("A reader of a connection that is closed meanwhile")
  func closed() async throws {
    try await withPair { _, far in
      let reading = Task { () -> SocketError? in
        var reader = ByteReader(far)
        do throws(SocketError) {
          _ = try await reader.readLine(limit: 10, timeout: .seconds(3600))
          return nil
        } catch {
          return error
        }
      }
      await far.loop.until { far.stream.receiving.receiver != nil }
      await far.close()
      #expect(await reading.value?.cause == .closed)
    }
  }
}
