// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import SystemPackage
import TestSupport
import Testing

@testable import CompletionIO

/// Sends of several pieces, on the real kernel.
@Suite("Gathered sends", .timeLimit(.minutes(3)))
struct GatheredSendTests {
  @Test("Pieces arrive in order")
  func order() async throws {
    try await withPair { near, far in
      let sending = Task(executorPreference: near.loop) {
        let (head, body, tail) = (numbered(5), numbered(300, from: 5), numbered(70, from: 305))
        unsafe try await near.send(head.span.bytes, body.span.bytes, tail.span.bytes)
        unsafe try await near.send(head.span.bytes, body.span.bytes)
        try await near.send(gathering: [])
        try await near.send(gathering: [[], []])
        try await near.send(gathering: (0..<40).map { numbered(10, from: $0 * 10) } + [[]])
      }
      let expected = numbered(375) + numbered(305) + numbered(400)
      let received = try await far.receive(atMost: expected.count)
      #expect(firstDifference(received, expected) == nil)
      try await sending.value
    }
  }

  @Test("Gathered sends of several tasks go out each whole")
  func severalSenders() async throws {
    let byteCount = 30_000
    try await withLoops(2) { group in
      let pair = try await ConnectionPair(on: group, options: .tight)
      try await requireWholeMessages(of: byteCount, from: pair.near, to: pair.far, on: group.loops)
      { near, byte in
        let third = [UInt8](repeating: byte, count: byteCount / 3)
        try await near.send(gathering: [third, third, third])
      }
      await pair.close()
    }
  }

  @Test("A deadline tells how many bytes of all pieces went out, and what follows begins there")
  func cut() async throws {
    try await withPair(options: .tight) { near, far in
      let message = numbered(3 << 20)
      let parts = [message[..<100], message[100..<1000], message[1000...]].map { Array($0) }
      let error = await failure { () async throws(SocketError) in
        try await near.send(gathering: parts, timeout: .milliseconds(5))
      }
      let cut = error?.byteCount ?? 0
      #expect(error?.cause == .timeout && cut > 1000 && cut < message.count)
      #expect(await near.unsentByteCount == 0)
      try await expectNextSend(behind: cut, of: message, from: near, to: far)
    }
  }

  @Test("A cancelled send behind another one lets go of all its pieces, of which none went out")
  func cancelled() async throws {
    try await withPair(options: .tight) { near, far in
      let first = Task { try await near.send(numbered(2 << 20)) }
      await near.loop.until { near.stream.sending.state == .sending(.waiting) }
      let second = attempt { () async throws(SocketError) in
        try await near.send(gathering: [[1], [2], [3]])
      }
      await near.loop.until { near.stream.sending.pieces.count == 4 }
      second.cancel()
      let error = await second.value
      #expect(error?.cause == .cancellation && error?.byteCount == 0)
      let received = try await far.receive(atMost: 2 << 20)
      #expect(firstDifference(received, numbered(2 << 20)) == nil)
      try await first.value
    }
  }

  @Test("A failure counts the pieces that went out before it")
  func broken() async throws {
    try await withPair(options: .tight) { near, far in
      let sending = Task { () -> SocketError? in
        let parts = [numbered(1000), numbered(1000), numbered(4 << 20)]
        return await failure { () async throws(SocketError) in
          try await near.send(gathering: parts)
        }
      }
      let received = try await far.receive(atMost: 100_000).count
      await far.close()
      let error = await sending.value
      #expect(error?.cause == .kernel && (error?.byteCount ?? 0) >= received)
    }
  }
}
