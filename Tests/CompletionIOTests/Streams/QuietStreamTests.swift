// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import Synchronization
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// Connections on which nothing comes for long: a poll waits in place of the receive.
@Suite("Quiet streams", .timeLimit(.minutes(2)))
struct QuietStreamTests {
  /// Runs a body with a connection whose far end has become quiet.
  private static func withQuietPair(
    _ body: (ConnectionPair) async throws -> Void
  ) async throws {
    try await withLoops(1, { $0.quietTime = .milliseconds(4) }) { group in
      let pair = try await ConnectionPair(on: group)
      try await pair.near.send([1])
      #expect(try await pair.far.receive(atMost: 1) == [1])
      await pair.far.untilQuiet()
      try await body(pair)
      await pair.close()
    }
  }

  @Test("A receive that brings nothing becomes a poll, and the next bytes come all the same")
  func bytes() async throws {
    try await Self.withQuietPair { pair in
      for round in 0..<3 {
        let message = numbered(100_000, from: round)
        let sending = Task { try await pair.near.send(message) }
        let received = try await pair.far.receive(atMost: message.count)
        #expect(firstDifference(received, message) == nil)
        try await sending.value
        await pair.far.untilQuiet()
      }
      let count = await pair.far.loop.ask { pair.far.loop.statistics.quietReceives }
      #expect(count >= 4)
    }
  }

  @Test("A task that waits gets its bytes, and a quiet stream makes no ticks")
  func waiting() async throws {
    try await Self.withQuietPair { pair in
      await pair.near.untilIdle()
      let receiving = Task { try await pair.far.receive(atMost: 3) }
      let far = pair.far
      await far.loop.until { far.stream.receiving.receiver != nil }
      #expect(await far.loop.ask { far.stream.receiving.state } == .polling)
      // With the wait of the receive alone, which has no deadline.
      await far.loop.until { far.loop.core.timers.count == 0 }
      try await pair.near.send([1, 2, 3])
      #expect(try await receiving.value == [1, 2, 3])
    }
  }

  @Test("A delegate gets the bytes that end a quiet time, and its end")
  func delegate() async throws {
    try await withLoops(1, { $0.quietTime = .milliseconds(4) }) { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      let streams = Mutex<[SocketStream]>([])
      let closed = Event()
      let echo = StreamHandler(
        received: { stream, chunk in stream.enqueue(chunk) },
        ended: { stream, _ in stream.close() }, closed: { _ in closed.happen() })
      try listener.handle(accepted: { stream in
        streams.withLock { $0.append(stream) }
        stream.start(echo)
      })
      let client = try await StreamConnection.connect(
        to: listener.localAddress, on: group.loops[0])
      for round in 0..<3 {
        try await client.exchange(1000, from: round)
        await group.loops[0].until {
          streams.withLock { $0.first?.receiving.state == .polling }
        }
      }
      await client.close()
      await closed.wait()
      await listener.close()
    }
  }

  @Test("The end of the stream ends a quiet time")
  func end() async throws {
    try await Self.withQuietPair { pair in
      try await pair.near.finishSending()
      #expect(try await pair.far.receive() == nil)
    }
  }

  @Test("A reset ends a quiet time, and is no end of the stream")
  func reset() async throws {
    try await Self.withQuietPair { pair in
      pair.near.reset()
      let error = await failure { () async throws(SocketError) in _ = try await pair.far.receive() }
      #expect(error?.errno == .connectionReset)
    }
  }

  @Test("A close ends a quiet stream, from any thread")
  func close() async throws {
    try await Self.withQuietPair { pair in
      await pair.far.close()
      #expect(await pair.far.loop.ask { pair.far.stream.closing } == .closed)
      let rest = try await pair.near.receiveAll()
      #expect(rest.isEmpty)
    }
  }

  @Test("A receive of a quiet stream has its time limit, and the bytes behind it come")
  func timeout() async throws {
    try await Self.withQuietPair { pair in
      let error = await failure { () async throws(SocketError) in
        _ = try await pair.far.receive(timeout: .milliseconds(1))
      }
      #expect(error?.cause == .timeout)
      try await pair.near.send([9])
      #expect(try await pair.far.receive(atMost: 1) == [9])
    }
  }

  @Test("A quiet stream can be given away with what comes later")
  func giveAway() async throws {
    try await Self.withQuietPair { pair in
      let given = try await pair.far.giveAway()
      try await pair.near.send([4, 5])
      try await pair.near.finishSending()
      let adopted = try await StreamConnection.adopt(given.descriptor, on: pair.near.loop)
      #expect(given.unread.isEmpty)
      #expect(try await adopted.receiveAll() == [4, 5])
      await adopted.close()
    }
  }

  @Test("Bytes that come while the receive is exchanged are not lost")
  func race() async throws {
    try await withLoops(1, { $0.quietTime = .microseconds(64) }) { group in
      try await withEcho(on: group) { address in
        let loop = group.loops[0]
        let client = try await StreamConnection.connect(to: address, on: loop)
        for round in 0..<300 {
          let quietCount = await loop.ask { loop.statistics.quietReceives }
          try await client.exchange(10, from: round)
          for _ in 0..<(round % 40) { await Task.yield() }
          guard round % 20 == 0 else { continue }
          await loop.until { loop.statistics.quietReceives > quietCount }
        }
        await client.close()
      }
    }
  }

  @Test("A receive that is armed behind the look of a round has another round")
  func armedBehindTheLook() async throws {
    try await withLoops(1) { group in
      let loop = group.loops[0]
      let isLooking = await loop.ask {
        // No tick comes by itself.
        let sweep = QuietSweep(of: loop, after: .seconds(3600))
        let tick = { (count: Int) in
          for _ in 0..<count {
            if let wait = sweep.wait { sweep.cancel(wait, because: .timedOut) }
          }
        }
        sweep.begin()
        tick(16 + 8)
        sweep.begin()
        tick(8)
        defer { sweep.end() }
        return sweep.wait != nil
      }
      #expect(isLooking)
    }
  }

  @Test("A policy that does not wait keeps its receives")
  func policies() async throws {
    try await withLoops(1, { $0.quietTime = .milliseconds(1) }) { group in
      let pair = try await ConnectionPair(on: group, policy: .nonblocking)
      pair.far.setPolicy(.nonblocking)
      let error = await failure { () async throws(SocketError) in _ = try await pair.far.receive() }
      #expect(error?.errno == .resourceTemporarilyUnavailable)
      await pair.close()
      #expect(await group.loops[0].ask { group.loops[0].statistics.quietReceives } == 0)
    }
  }

  @Test("A quiet time of nothing is refused")
  func configuration() {
    var configuration = LoopConfiguration()
    configuration.quietTime = .zero
    #expect {
      _ = try CompletionLoopGroup(count: 1, configuration: configuration)
    } throws: { error in
      "\(error)".contains("quietTime")
    }
  }
}

extension StreamConnection {
  /// Waits until a poll waits for the connection's bytes.
  fileprivate func untilQuiet() async {
    await loop.until { [stream] in stream.receiving.state == .polling }
  }

  /// Waits until nothing of the connection's receiving half will become a poll.
  fileprivate func untilIdle() async {
    await loop.until { [stream] in
      stream.receiving.state == .polling || stream.receiving.state == .idle
    }
  }
}
