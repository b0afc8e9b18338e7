// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

@Suite("Deadlines", .timeLimit(.minutes(3)))
struct SocketDeadlineTests {
  @Test("A receive past its deadline leaves the connection as it was")
  func receive() async throws {
    try await withPair { near, far in
      for _ in 0..<3 {
        let error = await failure { () async throws(SocketError) in
          _ = try await near.receive(timeout: .milliseconds(2))
        }
        #expect(error?.errno == .timedOut)
        #expect(error?.cause == .timeout)
        #expect(error?.operation == .receive)
      }
      try await far.send([1, 2])
      #expect(try await near.receive(atMost: 2) == [1, 2])
      // A deadline that is not needed is forgotten.
      try await far.send([3])
      #expect(try await near.receive(timeout: .seconds(3600))?.byteCount == 1)
      await near.loop.until { near.loop.operationCount <= 4 }
    }
  }

  @Test("A receive into memory past its deadline", arguments: [false, true])
  func receiveIntoMemory(afterLease: Bool) async throws {
    try await withPair { near, far in
      if afterLease {
        try await far.send([8])
        #expect(try await near.receive(atMost: 1) == [8])
      }
      let error = await failure { () async throws(SocketError) in
        _ = try await near.receive(4, timeout: .milliseconds(2))
      }
      #expect(error?.errno == .timedOut)
      #expect(error?.cause == .timeout)
      try await far.send([1, 2])
      #expect(try await near.receive(4, timeout: .seconds(3600)) == [1, 2])
    }
  }

  @Test("A connect to a full backlog times out", arguments: ["127.0.0.1:0", "unix"])
  func connect(address: String) async throws {
    try await withLoops { group in
      var options = SocketOptions()
      options.backlog = 1
      let listener = try await StreamListener.bind(
        to: address == "unix" ? abstractName() : address, on: group, options: options)
      let address = listener.localAddress
      var connections: [StreamConnection] = []
      var error: SocketError?
      while error == nil, connections.count < 10 {
        error = await failure { () async throws(SocketError) in
          connections.append(
            try await StreamConnection.connect(
              to: address, on: group.next(), timeout: .milliseconds(50)))
        }
      }
      #expect(error?.errno == .timedOut)
      #expect(error?.cause == .timeout)
      #expect(error?.peer == address)
      #expect(connections.count >= 1)
      for connection in connections { await connection.close() }
    }
  }

  @Test("A Unix-domain connect waits while the backlog is full")
  func unixBacklog() async throws {
    try await withLoops { group in
      var options = SocketOptions()
      options.backlog = 1
      let listener = try await StreamListener.bind(
        to: abstractName(), on: group, options: options)
      let address = listener.localAddress
      let first = try await StreamConnection.connect(to: address, on: group.next())
      let second = try await StreamConnection.connect(to: address, on: group.next())
      let third = Task { try await StreamConnection.connect(to: address, on: group.loops[0]) }
      // The wake-up and the connect.
      await group.loops[0].until { group.loops[0].operationCount >= 2 }
      let accepted = [try await listener.accept(), try await listener.accept()]
      let connection = try await third.value
      let last = try await listener.accept()
      try await last.send([5])
      #expect(try await connection.receive(atMost: 1) == [5])
      for connection in [first, second, connection, last] + accepted { await connection.close() }
    }
  }

  @Test("A deadline on one send leaves the others alone")
  func manySends() async throws {
    try await withPair(options: .tight) { near, far in
      let first = Task { try await near.send(numbered(2 << 20)) }
      await near.loop.until { near.stream.sending.state == .sending(.waiting) }
      // Queued behind it, of which nothing can have gone out.
      let error = await failure { () async throws(SocketError) in
        try await near.send([1, 2, 3], timeout: .milliseconds(5))
      }
      #expect(error?.cause == .timeout)
      #expect(error?.byteCount == 0)
      let received = try await far.receive(atMost: 2 << 20)
      #expect(firstDifference(received, numbered(2 << 20)) == nil)
      try await first.value
      try await near.send([4])
      #expect(try await far.receive(atMost: 1) == [4])
    }
  }

  @Test("What follows a send that its deadline has cut begins at the cut")
  func behindACut() async throws {
    try await withPair(options: .tight) { near, far in
      let message = numbered(2 << 20)
      let error = await failure { () async throws(SocketError) in
        try await near.send(message, timeout: .milliseconds(5))
      }
      let cut = error?.byteCount ?? 0
      #expect(error?.cause == .timeout && cut > 0 && cut < message.count)
      try await expectNextSend(behind: cut, of: message, from: near, to: far)
    }
  }
}
