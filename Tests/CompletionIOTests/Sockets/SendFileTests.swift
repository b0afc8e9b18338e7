// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// Sends of files, on the real kernel, through a pipe and through memory.
@Suite("Sends of files", .timeLimit(.minutes(3)))
struct SendFileTests {
  /// How the bytes go.
  enum Way: CaseIterable {
    case pipe, memory

    /// A policy that waits for the peer itself is not for the kernel's workers.
    var policy: ResubmissionPolicy? {
      self == .pipe ? nil : .backoff(initial: .microseconds(50), limit: .milliseconds(1))
    }
  }

  static let byteCounts = [
    1, 4096, 65_535, 65_536, 131_072, 131_073, 262_145, (3 << 20) + 7,
  ]

  @Test("Every byte arrives, and the file's position stays", arguments: Way.allCases, byteCounts)
  func everyByte(way: Way, byteCount: Int) async throws {
    let file = try TestFile(numbered(byteCount + 100))
    try await withLoops { group in
      for address in ["127.0.0.1:0", abstractName()] {
        let pair = try await ConnectionPair(on: group, at: address, policy: way.policy)
        for offset in [0, 93] {
          async let sending: Void = pair.near.sendFile(
            file.descriptor, offset: offset, byteCount: byteCount)
          let received = try await pair.far.receive(atMost: byteCount)
          #expect(firstDifference(received, numbered(byteCount, from: offset)) == nil)
          try await sending
        }
        #expect(file.position == 0)
        await pair.close()
      }
    }
  }

  @Test("A socket of a direct table sends files too", arguments: [1000, 1 << 20])
  func direct(byteCount: Int) async throws {
    let file = try TestFile(numbered(byteCount))
    try await withLoops(
      1, { $0.directDescriptorCount = directPlaces(16) },
      { group in
        try await withServer(on: group) { connection in
          try await connection.sendFile(file.descriptor, byteCount: byteCount)
        } _: { address in
          let client = try await StreamConnection.connect(to: address, on: group.next())
          #expect(firstDifference(try await client.receiveAll(), numbered(byteCount)) == nil)
          await client.close()
        }
      })
  }

  @Test("A file goes out in order with what is queued, and whole", arguments: Way.allCases)
  func order(way: Way) async throws {
    let file = try TestFile(numbered(400_000))
    try await withPair(policy: way.policy) { near, far in
      let sending = Task(executorPreference: near.loop) {
        near.enqueue(copying: numbered(1000))
        async let first: Void = near.sendFile(file.descriptor, offset: 1000, byteCount: 199_000)
        async let second: Void = near.send(numbered(10_000, from: 200_000))
        async let third: Void = near.sendFile(file.descriptor, offset: 210_000, byteCount: 500)
        _ = try await (first, second, third)
        near.enqueue(copying: numbered(5, from: 210_500))
        try await near.sendFile(file.descriptor, byteCount: 0)
      }
      let received = try await far.receive(atMost: 210_505)
      #expect(firstDifference(received, numbered(210_505)) == nil)
      try await sending.value
    }
  }

  @Test("Files of several tasks go out each whole", arguments: Way.allCases)
  func severalSenders(way: Way) async throws {
    let byteCount = 90_000
    let files = try (0..<8 as Range<UInt8>).map {
      try TestFile([UInt8](repeating: $0, count: byteCount))
    }
    try await withLoops(2) { group in
      let pair = try await ConnectionPair(on: group, policy: way.policy)
      try await requireWholeMessages(of: byteCount, from: pair.near, to: pair.far, on: group.loops)
      { near, byte in
        try await near.sendFile(files[Int(byte)].descriptor, byteCount: byteCount)
      }
      await pair.close()
    }
  }

  @Test(
    "A deadline tells how many bytes went out, and what follows begins there",
    arguments: Way.allCases)
  func cut(way: Way) async throws {
    let message = numbered(6 << 20)
    let file = try TestFile(message)
    try await withPair(options: .snug, policy: way.policy) { near, far in
      let error = await failure { () async throws(SocketError) in
        try await near.sendFile(
          file.descriptor, byteCount: message.count, timeout: .milliseconds(30))
      }
      let cut = error?.byteCount ?? 0
      #expect(error?.cause == .timeout && cut < message.count)
      #expect(await near.unsentByteCount == 0)
      try await expectNextSend(behind: cut, of: message, from: near, to: far)
    }
  }

  @Test("A cancelled file behind another send takes nothing with it", arguments: Way.allCases)
  func cancelled(way: Way) async throws {
    let file = try TestFile(numbered(3 << 20))
    try await withPair(options: .snug, policy: way.policy) { near, far in
      let first = Task { try await near.sendFile(file.descriptor, byteCount: 3 << 20) }
      await near.loop.until { near.stream.sending.isWithKernel }
      let second = attempt { () async throws(SocketError) in
        try await near.sendFile(file.descriptor, byteCount: 70_000)
      }
      await near.loop.until { near.stream.sending.pieces.count == 2 }
      second.cancel()
      let error = await second.value
      #expect(error?.cause == .cancellation && error?.byteCount == 0)
      let received = try await far.receive(atMost: 3 << 20)
      #expect(firstDifference(received, numbered(3 << 20)) == nil)
      try await first.value
    }
  }
}
