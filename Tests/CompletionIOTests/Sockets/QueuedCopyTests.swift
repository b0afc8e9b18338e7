// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import SystemPackage
import TestSupport
import Testing

@testable import CompletionIO

/// Bytes that any task or thread queues without a wait.
@Suite("Queued copies", .timeLimit(.minutes(3)))
struct QueuedCopyTests {
  @Test("Copies of a thread and of tasks go out in each caller's order")
  func order() async throws {
    try await withLoops(2) { group in
      let pair = try await ConnectionPair(on: group)
      let (near, far) = (pair.near, pair.far)
      let callers: [UInt8] = [0, 1, 2]
      let thread = try TestThread {
        for index in 0..<100 as Range<UInt8> { near.enqueue(copying: [0, index]) }
      }
      for caller in callers.dropFirst() {
        Task(executorPreference: group.loops[Int(caller) - 1]) {
          for index in 0..<100 as Range<UInt8> { near.enqueue(copying: [caller, index]) }
        }
      }
      let all = try await far.receive(atMost: 600)
      thread.join()
      for caller in callers {
        let own = stride(from: 0, to: 600, by: 2).filter { all[$0] == caller }.map { all[$0 + 1] }
        #expect(own == Array(0..<100))
      }
      await pair.close()
    }
  }

  @Test("A flush returns when what was queued before it is out, and not before")
  func flush() async throws {
    try await withPair(options: .tight) { near, far in
      try await near.flush()
      let message = numbered(1 << 20)
      near.enqueue(copying: message)
      #expect(await near.unsentByteCount > 0)
      let hasFlushed = Event()
      let flushing = Task {
        try await near.flush()
        hasFlushed.happen()
      }
      // A flush that ends early disturbs nothing.
      let late = await failure { () async throws(SocketError) in
        try await near.flush(timeout: .milliseconds(2))
      }
      #expect(late?.cause == .timeout)
      let cancelled = attempt { () async throws(SocketError) in try await near.flush() }
      cancelled.cancel()
      #expect(await cancelled.value?.cause == .cancellation)
      #expect(!hasFlushed.hasHappened)
      let received = try await far.receive(atMost: message.count)
      #expect(firstDifference(received, message) == nil)
      try await flushing.value
      #expect(await near.unsentByteCount == 0)
    }
  }

  /// What is queued behind a flush is not what it waits for.
  @Test("A flush in the middle of the queue")
  func flushInTheMiddle() async throws {
    try await withPair(options: .tight) { near, far in
      near.enqueue(copying: numbered(300_000))
      let flushing = Task { try await near.flush() }
      await near.loop.until { near.stream.sending.pieces.count == 2 }
      near.enqueue(copying: numbered(4 << 20, from: 300_000))
      let first = try await far.receive(atMost: 300_000)
      try await flushing.value
      #expect(await near.unsentByteCount > 0)
      let rest = try await far.receive(atMost: 300_000 + (4 << 20) - first.count)
      #expect(firstDifference(first + rest, numbered(300_000 + (4 << 20))) == nil)
    }
  }

  @Test("A flush of bytes that do not get out says why")
  func brokenFlush() async throws {
    try await withPair(options: .tight) { near, far in
      near.enqueue(copying: numbered(4 << 20))
      let flushing = attempt { () async throws(SocketError) in try await near.flush() }
      let waiting = attempt { () async throws(SocketError) in try await near.waitForRoom() }
      await near.loop.until {
        near.stream.sending.pieces.count == 2 && near.stream.extras?.roomWaiters.count == 1
      }
      await far.close()
      for error in [await flushing.value, await waiting.value] {
        #expect(error?.errno == .connectionReset || error?.errno == .brokenPipe)
      }
      let next = await failure { () async throws(SocketError) in try await near.flush() }
      #expect(next != nil)
    }
  }

  @Test("A caller that heeds the marks queues no more than they allow")
  func marks() async throws {
    try await withPair(options: .tight) { near, far in
      near.setUnsentMarks(low: 100_000, high: 100_000)
      let sending = Task(executorPreference: near.loop) {
        var largest = 0
        for index in 0..<200 {
          try await near.waitForRoom()
          near.enqueue(copying: numbered(10_000, from: index * 10_000))
          largest = max(largest, near.stream.unsentByteCount)
        }
        try await near.finishSending()
        return largest
      }
      await near.loop.until { near.stream.extras?.roomWaiters.count == 1 }
      // The kernel may take some more, but not all, of what a peer does not read.
      var error: SocketError?
      while error == nil {
        error = await failure { () async throws(SocketError) in
          try await near.waitForRoom(timeout: .milliseconds(1))
        }
      }
      #expect(error?.cause == .timeout)
      #expect(firstDifference(try await far.receiveAll(), numbered(2_000_000)) == nil)
      let largest = try await sending.value
      #expect(largest > 100_000 && largest <= 110_000)
    }
  }

  @Test("A wait for room on a connection that is closed")
  func closed() async throws {
    try await withPair(options: .tight) { near, _ in
      near.enqueue(copying: numbered(4 << 20))
      let waiting = attempt { () async throws(SocketError) in try await near.waitForRoom() }
      await near.loop.until { near.stream.extras?.roomWaiters.count == 1 }
      near.abort()
      #expect(await waiting.value?.cause == .closed)
    }
  }
}
