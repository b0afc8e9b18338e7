// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import Synchronization
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// A cancelled task stops waiting, wherever it runs, and the connection is none the worse.
@Suite("Cancellation", .timeLimit(.minutes(3)))
struct CancellationTests {
  /// Cancels the task of a call before it makes the call, or once it waits.
  private func cancelled<Result: Sendable>(
    _ beforehand: Bool, on loop: CompletionLoop, once isWaiting: @escaping @Sendable () -> Bool,
    _ body: @escaping @Sendable () async throws(SocketError) -> Result
  ) async -> SocketError? {
    let mayStart = Event()
    let calling = Task {
      if beforehand { await mayStart.wait() }
      return await failure(body)
    }
    if !beforehand { await loop.until(isWaiting) }
    calling.cancel()
    mayStart.happen()
    return await calling.value
  }

  @Test("A receive", arguments: [false, true])
  func receive(beforehand: Bool) async throws {
    try await withPair { near, far in
      let error = await cancelled(
        beforehand, on: near.loop, once: { near.stream.receiving.receiver != nil }
      ) { () async throws(SocketError) in _ = try await near.receive() }
      #expect(error?.errno == .canceled)
      #expect(error?.cause == .cancellation)
      try await far.send([1])
      #expect(try await near.receive(atMost: 1) == [1])
    }
  }

  @Test("A receive into memory", arguments: [false, true], [false, true])
  func receiveIntoMemory(beforehand: Bool, afterLease: Bool) async throws {
    try await withPair { near, far in
      if afterLease {
        try await far.send([8])
        #expect(try await near.receive(atMost: 1) == [8])
      }
      let error = await cancelled(
        beforehand, on: near.loop, once: { near.stream.receiving.receiver != nil }
      ) { () async throws(SocketError) in _ = try await near.receive(4) }
      #expect(error?.cause == .cancellation)
      try await far.send([1, 2])
      #expect(try await near.receive(4) == [1, 2])
    }
  }

  @Test("A send tells what went out")
  func send() async throws {
    try await withPair(options: .tight) { near, far in
      let message = numbered(4 << 20)
      let sending = attempt { () async throws(SocketError) in try await near.send(message) }
      await near.loop.until { near.stream.sending.state == .sending(.waiting) }
      let queued = attempt { () async throws(SocketError) in try await near.send([1, 2, 3]) }
      await near.loop.until { near.stream.unsentByteCount > message.count - (1 << 19) }
      sending.cancel()
      queued.cancel()
      let error = await sending.value
      #expect(error?.cause == .cancellation)
      let behind = await queued.value
      #expect(behind == nil || behind?.byteCount == 0)
      let sentCount = try #require(error?.byteCount)
      try await withThrowingTaskGroup { tasks in
        tasks.addTask { try await near.finishSending() }
        let expected = Array(message[..<sentCount]) + (behind == nil ? [1, 2, 3] : [])
        #expect(firstDifference(try await far.receiveAll(), expected) == nil)
        try await tasks.waitForAll()
      }
    }
  }

  @Test("The end of the sending half")
  func finishSending() async throws {
    try await withPair(options: .tight) { near, far in
      let sending = Task { try await near.send(numbered(2 << 20)) }
      await near.loop.until { near.stream.sending.state == .sending(.waiting) }
      let finishing = attempt { () async throws(SocketError) in try await near.finishSending() }
      await near.loop.until { near.stream.extras?.finishers.isEmpty == false }
      finishing.cancel()
      #expect(await finishing.value?.cause == .cancellation)
      // Its wait has ended, and nothing else: the half ends behind what was queued before.
      let error = await failure { () async throws(SocketError) in try await near.send([1]) }
      #expect(error?.cause == .finished)
      #expect(firstDifference(try await far.receiveAll(), numbered(2 << 20)) == nil)
      try await sending.value
      try await near.finishSending()
      try await far.send([2])
      #expect(try await near.receive(1) == [2])
    }
  }

  @Test("A connect", arguments: [false, true])
  func connect(beforehand: Bool) async throws {
    try await withLoops { group in
      var options = SocketOptions()
      options.backlog = 1
      let listener = try await StreamListener.bind(to: abstractName(), on: group, options: options)
      let address = listener.localAddress
      let loop = group.loops[0]
      let first = try await StreamConnection.connect(to: address, on: loop)
      let second = try await StreamConnection.connect(to: address, on: loop)
      let error = await cancelled(
        beforehand, on: loop, once: { loop.operationCount >= 2 }
      ) { () async throws(SocketError) in
        _ = try await StreamConnection.connect(to: address, on: loop)
      }
      #expect(error?.errno == .canceled)
      #expect(error?.cause == .cancellation)
      #expect(error?.operation == .connect)
      await first.close()
      await second.close()
    }
  }

  @Test("An accept", arguments: [false, true])
  func accept(beforehand: Bool) async throws {
    try await withLoops(2) { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      let loop = group.loops[0]
      let error = await cancelled(
        beforehand, on: loop, once: { loop.operationCount >= 2 }
      ) { () async throws(SocketError) in _ = try await listener.accept() }
      #expect(error?.cause == .cancellation)
      // The listener goes on.
      let client = try await StreamConnection.connect(
        to: listener.localAddress, on: group.loops[1])
      let accepted = try await listener.accept()
      try await accepted.send([3])
      #expect(try await client.receive(atMost: 1) == [3])
      await client.close()
      await accepted.close()
    }
  }

  @Test("A sleep", arguments: [false, true])
  func sleep(beforehand: Bool) async throws {
    try await withLoops { group in
      let loop = group.loops[0]
      try await loop.sleep(for: .milliseconds(1))
      let mayStart = Event()
      let sleeping = Task {
        if beforehand { await mayStart.wait() }
        try await loop.sleep(for: .seconds(3600))
      }
      if !beforehand { await loop.until { loop.core.waits.count == 1 } }
      sleeping.cancel()
      mayStart.happen()
      let error = await #expect(throws: LoopError.self) { try await sleeping.value }
      #expect(error?.reason == .cancelled)
      #expect(await loop.ask { loop.core.waits.count } == 0)
    }
  }

  /// What a body waits for when `serve` is cancelled.
  enum Wait: CaseIterable {
    case receive, receiveIntoMemory, send, queuedSends, somethingElse, closedButGoingOn
  }

  @Test("Of serve: the bodies are cancelled and it returns", arguments: Wait.allCases)
  func serve(wait: Wait) async throws {
    try await withLoops(2) { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group, options: .tight)
      let errors = Mutex<[SocketError?]>([])
      let ready = Tally()
      let serving = Task {
        try await listener.serve { connection in
          ready.add()
          let error = await failure { () async throws(SocketError) in
            try await Self.wait(wait, on: connection)
          }
          errors.withLock { $0.append(error) }
        }
      }
      var clients: [StreamConnection] = []
      for _ in 0..<8 {
        clients.append(
          try await StreamConnection.connect(
            to: listener.localAddress, on: group.next(), options: .tight))
        try? await clients.last?.send([1])
      }
      await group.loops[0].until { ready.value == 8 }
      serving.cancel()
      try await serving.value
      let ended = errors.withLock { $0 }
      #expect(ended.count == 8)
      if wait != .somethingElse, wait != .closedButGoingOn {
        #expect(ended.allSatisfy { $0?.cause == .cancellation })
      }
      for client in clients {
        client.abort()
        await client.close()
      }
    }
  }

  private static func wait(
    _ wait: Wait, on connection: StreamConnection
  ) async throws(SocketError) {
    switch wait {
    case .receive:
      while true { _ = try await connection.receive() }
    case .receiveIntoMemory:
      while true { _ = try await connection.receive(1) }
    case .send:
      while true { try await connection.send(numbered(1 << 20)) }
    case .queuedSends:
      // What is queued stays unsent: closing must not wait for it.
      while let chunk = try await connection.receive() {
        try await connection.enqueue(chunk)
        try await connection.send(numbered(1 << 20))
      }
    case .closedButGoingOn:
      await connection.close()
      await Self.untilCancelled()
    case .somethingElse:
      await Self.untilCancelled()
    }
  }

  private static func untilCancelled() async {
    let stream = AsyncStream<Void> { _ in }
    for await _ in stream {}
  }
}
