// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// Sends that lend their memory until the kernel lets go of it.
@Suite("Zero-copy sends", .timeLimit(.minutes(3)))
struct ZeroCopyTests {
  static let hasZeroCopy = kernelFeatures.contains(.sendZeroCopy)

  @Test("Bytes arrive whole, and in order with sends of other kinds")
  func order() async throws {
    try await withPair { near, far in
      let sending = Task(executorPreference: near.loop) {
        near.enqueue(copying: numbered(10))
        async let first: Void = Self.send(numbered(300_000, from: 10), on: near)
        async let second: Void = near.send(numbered(1000, from: 300_010))
        async let third: Void = Self.send(numbered(500, from: 301_010), on: near)
        _ = try await (first, second, third)
        near.enqueue(copying: numbered(5, from: 301_510))
        try await Self.send([], on: near)
      }
      let received = try await far.receive(atMost: 301_515)
      #expect(firstDifference(received, numbered(301_515)) == nil)
      try await sending.value
      #expect(await near.unsentByteCount == 0)
      await near.loop.until { !near.stream.sending.holdsSpecial || near.stream.sending.isEmpty }
    }
  }

  private static func send(
    _ bytes: [UInt8], on connection: StreamConnection, timeout: Duration? = nil
  ) async throws(SocketError) {
    unsafe try await connection.sendZeroCopy(bytes.span.bytes, timeout: timeout)
  }

  @Test("Each request goes without a copy where the kernel and the socket can")
  func form() async throws {
    try await withLoops { group in
      for isUnix in [false, true] {
        let pair = try await ConnectionPair(
          on: group, at: isUnix ? abstractName() : "127.0.0.1:0", options: .snug)
        let near = pair.near
        let sending = Task { try await Self.send(numbered(3 << 20), on: near) }
        await near.loop.until { near.stream.sending.state == .sending(.waiting) }
        let operation = await near.loop.ask { near.stream.sending.token.operation }
        #expect(operation == (Self.hasZeroCopy && !isUnix ? .sendZeroCopy : .send))
        #expect(
          firstDifference(try await pair.far.receive(atMost: 3 << 20), numbered(3 << 20)) == nil)
        try await sending.value
        await pair.close()
      }
    }
  }

  @Test("Zero-copy sends of several tasks go out each whole")
  func severalSenders() async throws {
    let byteCount = 30_000
    try await withLoops(2) { group in
      let pair = try await ConnectionPair(on: group, options: .snug)
      try await requireWholeMessages(of: byteCount, from: pair.near, to: pair.far, on: group.loops)
      { near, byte in
        try await Self.send([UInt8](repeating: byte, count: byteCount), on: near)
      }
      await pair.close()
    }
  }

  /// What was sent before the end of a send may still be in the caller's memory alone.
  @Test(
    "A send that ends early returns once its memory is free, although the peer does not read",
    arguments: [false, true])
  func memory(isCancelled: Bool) async throws {
    try await withPair(options: .snug) { near, far in
      let sending = Task { () -> SocketError? in
        var message = numbered(3 << 20)
        let error = await failure { () async throws(SocketError) in
          try await Self.send(message, on: near, timeout: isCancelled ? nil : .milliseconds(20))
        }
        // If the kernel still had the memory, the peer would receive this.
        for index in message.indices { message[index] = 0xff }
        return error
      }
      if isCancelled {
        await near.loop.until { near.stream.sending.state == .sending(.waiting) }
        sending.cancel()
      }
      let error = await sending.value
      #expect(error?.cause == (isCancelled ? .cancellation : .timeout))
      let cut = error?.byteCount ?? 0
      #expect(cut < 3 << 20)
      var received: [UInt8] = []
      let end = await failure { () async throws(SocketError) in
        while received.count < cut, let chunk = try await far.receive() {
          received.append(copying: chunk.bytes)
        }
      }
      #expect(received.count <= cut)
      #expect(firstDifference(received, numbered(received.count)) == nil)
      // Either all that was counted has arrived, or the connection was reset for the rest.
      #expect(end == nil ? received.count == cut : end?.errno == .connectionReset)
    }
  }

  @Test("A send that ends early behind another one does not disturb that")
  func cancelledBehind() async throws {
    try await withPair(options: .snug) { near, far in
      let sending = Task { try await Self.send(numbered(3 << 20), on: near) }
      await near.loop.until { near.stream.sending.state == .sending(.waiting) }
      let other = await failure { () async throws(SocketError) in
        try await Self.send([1], on: near, timeout: .milliseconds(2))
      }
      #expect(other?.cause == .timeout && other?.byteCount == 0)
      let received = try await far.receive(atMost: 3 << 20)
      #expect(firstDifference(received, numbered(3 << 20)) == nil)
      try await sending.value
    }
  }

  @Test("A peer that goes away ends the send and frees its memory", arguments: [false, true])
  func broken(isClosedHere: Bool) async throws {
    try await withPair(options: .snug) { near, far in
      let sending = Task { () -> SocketError? in
        let message = numbered(4 << 20)
        return await failure { () async throws(SocketError) in
          try await Self.send(message, on: near)
        }
      }
      let received = try await far.receive(atMost: 100_000).count
      if isClosedHere { near.abort() } else { far.reset() }
      let error = await sending.value
      #expect(error?.cause == (isClosedHere ? .closed : .kernel))
      #expect((error?.byteCount ?? 0) >= received)
    }
  }

  @Test("Under a policy that does not wait a full socket is told")
  func wouldBlock() async throws {
    try await withPair(options: .snug, policy: .nonblocking) { near, far in
      var sentCount = 0
      var error: SocketError?
      while error == nil {
        error = await failure { () async throws(SocketError) in
          try await near.send(numbered(1000, from: sentCount))
        }
        sentCount += error?.byteCount ?? 1000
      }
      let refused = await failure { () async throws(SocketError) in
        try await Self.send(numbered(1000, from: sentCount), on: near)
      }
      #expect(refused?.errno == .resourceTemporarilyUnavailable && refused?.byteCount == 0)
      let received = try await far.receive(atMost: sentCount)
      #expect(firstDifference(received, numbered(sentCount)) == nil)
    }
  }
}
