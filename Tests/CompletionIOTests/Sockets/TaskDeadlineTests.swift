// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import Synchronization
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

@Suite("Deadlines of tasks", .timeLimit(.minutes(3)))
struct TaskDeadlineTests {
  /// How a call is given a deadline that has passed.
  enum Form: CaseIterable {
    case until, scope
  }

  @Test("Behind a deadline nothing is received, and what has come stays", arguments: Form.allCases)
  func receivesNothing(_ form: Form) async throws {
    try await withPair { near, far in
      let past = near.loop.now
      // So that bytes come without being asked for.
      try await far.send([1])
      #expect(try await near.receive(atMost: 1) == [1])
      try await far.send([2, 3])
      await near.loop.until { near.stream.receiving.byteCount == 2 }
      let lease = await failure { () async throws(SocketError) in
        switch form {
        case .until: _ = try await near.receive(until: past)
        case .scope:
          try await near.withDeadline(past) { () async throws(SocketError) in
            _ = try await near.receive()
          }
        }
      }
      let memory = await failure { () async throws(SocketError) in
        try await near.withDeadline(past) { () async throws(SocketError) in
          _ = try await near.receive(4)
        }
      }
      for error in [lease, memory] {
        #expect(error?.cause == .timeout && error?.errno == .timedOut)
        #expect(error?.operation == .receive)
      }
      #expect(try await near.receive(atMost: 2) == [2, 3])
    }
  }

  @Test("Behind a deadline nothing is sent", arguments: Form.allCases)
  func sendsNothing(_ form: Form) async throws {
    try await withPair { near, far in
      let past = near.loop.now
      let error = await failure { () async throws(SocketError) in
        switch form {
        case .until: try await near.send([1, 2], until: past)
        case .scope:
          try await near.withDeadline(past) { () async throws(SocketError) in
            try await near.send([1, 2])
          }
        }
      }
      #expect(error?.cause == .timeout && error?.byteCount == 0 && error?.operation == .send)
      try await near.send([9], until: near.loop.now + .seconds(3600))
      try await near.finishSending()
      #expect(try await far.receiveAll() == [9])
    }
  }

  @Test("Each wait of the body ends at the deadline, and the connection can be used behind it")
  func waitsEnd() async throws {
    try await withPair { near, far in
      let loop = near.loop
      let deadline = loop.now + .milliseconds(5)
      await near.withDeadline(deadline) {
        for _ in 0..<3 {
          let error = await failure { () async throws(SocketError) in _ = try await near.receive() }
          #expect(error?.cause == .timeout)
          #expect(loop.now >= deadline, "never early")
        }
      }
      try await near.send([1])
      #expect(try await far.receive(atMost: 1) == [1])
      #expect(loop.deadlineScopeCount.load(ordering: .relaxed) == 0)
    }
  }

  @Test("Of a deadline and another, or a timeout, the earlier counts", arguments: 0..<4)
  func earlierCounts(_ kind: Int) async throws {
    try await withPair { near, _ in
      let loop = near.loop
      let (soon, late) = (loop.now + .milliseconds(5), loop.now + .seconds(3600))
      let error = await failure { () async throws(SocketError) in
        try await near.withDeadline(kind == 0 || kind == 2 ? soon : late) {
          () async throws(SocketError) in
          switch kind {
          case 0, 1:
            try await near.withDeadline(kind == 0 ? late : soon) { () async throws(SocketError) in
              _ = try await near.receive()
            }
          default:
            _ = try await near.receive(timeout: kind == 2 ? .seconds(3600) : .milliseconds(5))
          }
        }
      }
      #expect(error?.cause == .timeout)
    }
  }

  @Test("A deadline is also one for sleeps, accepts, connects and child tasks")
  func otherWaits() async throws {
    try await withLoops { group in
      let loop = group.loops[0]
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      let pair = try await ConnectionPair(on: group)
      await loop.withDeadline(loop.now + .milliseconds(2)) {
        let sleep = await #expect(throws: LoopError.self) {
          try await loop.sleep(for: .seconds(99))
        }
        #expect(sleep?.reason == .timedOut && sleep?.errno == .timedOut)
        let accept = await failure { () async throws(SocketError) in _ = try await listener.accept()
        }
        #expect(accept?.cause == .timeout && accept?.operation == .accept)
        let connect = await failure { () async throws(SocketError) in
          _ = try await StreamConnection.connect(to: listener.localAddress, on: loop)
        }
        #expect(connect?.cause == .timeout && connect?.operation == .connect)
        async let child = failure { () async throws(SocketError) in
          _ = try await pair.near.receive()
        }
        #expect(await child?.cause == .timeout)
      }
      await listener.close()
      await pair.close()
    }
  }

  @Test("A sleep that ends before the deadline is whole")
  func shortSleep() async throws {
    try await withLoops { group in
      let loop = group.loops[0]
      try await loop.withDeadline(loop.now + .seconds(3600)) {
        try await loop.sleep(for: .microseconds(10))
      }
    }
  }

  @Test("Timers and closes in a body are not cut short")
  func notCutShort() async throws {
    try await withPair { near, _ in
      let loop = near.loop
      let ends = Tally()
      let timer = LoopTimer(on: loop) { ends.add() }
      await loop.withDeadline(loop.now) {
        await loop.isolation.run { _ in timer.start(.seconds(3600)) }
        await near.close()
      }
      #expect(await loop.ask { near.stream.closing == .closed })
      #expect(ends.value == 0)
      timer.cancel()
    }
  }

  @Test("A body of serve has one deadline for its exchange, and answers behind it")
  func servedBody() async throws {
    try await withLoops { group in
      try await withServer(on: group) { connection in
        // Before the deadline, because a close would reset what comes behind it and is not read.
        _ = try await connection.receive()
        let error = await failure { () async throws(SocketError) in
          try await connection.withDeadline(connection.loop.now + .milliseconds(5)) {
            () async throws(SocketError) in
            while try await connection.receive() != nil {}
          }
        }
        try await connection.send([error?.cause == .timeout ? 1 : 0])
      } _: { address in
        let client = try await StreamConnection.connect(to: address, on: group.loops[0])
        try await client.send([7])
        #expect(try await client.receiveAll() == [1])
        await client.close()
      }
    }
  }
}
