// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// Rings, pools and sockets as small as the kernel makes them, all at once.
@Suite("A scarce kernel", .timeLimit(.minutes(3)))
struct ScarceKernelTests {
  /// How small things are.
  struct Sizes: Sendable, CustomTestStringConvertible {
    var submissions: UInt32 = 256
    var completions: UInt32 = 8192
    var buffers = 32
    var bufferSize = 32768
    var directPlaces: UInt32 = 0
    var isTight = false

    var testDescription: String {
      "SQ \(submissions), CQ \(completions), \(buffers) buffers of \(bufferSize), "
        + "\(directPlaces) direct, tight: \(isTight)"
    }

    func apply(to configuration: inout LoopConfiguration) {
      configuration.ring.submissionEntryCount = submissions
      configuration.ring.completionEntryCount = completions
      configuration.bufferCount = buffers
      configuration.bufferSize = bufferSize
      configuration.directDescriptorCount = placeCount
    }

    /// Places in a table, where the kernel has tables.
    private var placeCount: UInt32 { TestSupport.directPlaces(directPlaces) }

    /// Whether anything is armed for more than one answer; accepts into a table are not.
    var hasMultishot: Bool {
      kernelFeatures.contains(.receiveMultishot)
        || (kernelFeatures.contains(.acceptMultishot) && placeCount == 0)
    }

    var options: SocketOptions { isTight ? .tight : SocketOptions() }
  }

  @Test(
    "Echoes come back whole",
    arguments: [
      Sizes(submissions: 2, completions: 4), Sizes(submissions: 1, completions: 2),
      Sizes(buffers: 2), Sizes(buffers: 2, bufferSize: 64), Sizes(isTight: true),
      Sizes(submissions: 2, completions: 4, buffers: 2, bufferSize: 512, isTight: true),
      Sizes(submissions: 2, completions: 4, buffers: 2, directPlaces: 64, isTight: true),
    ])
  func echoes(sizes: Sizes) async throws {
    let clients = try CompletionLoopGroup(count: 1)
    try await withLoops(1, { sizes.apply(to: &$0) }) { group in
      try await withEcho(on: group, options: sizes.options) { address in
        try await visit(address, times: 32, on: clients, options: sizes.options) { client, index in
          for round in 0..<6 {
            try await client.exchange(1 + (index * 131 + round * 1009) % 9000, from: index)
          }
          if index % 8 == 0 { try await client.exchange(100_000, from: index) }
        }
      }
      try await expectEverythingBack(group.loops[0], sizes)
    }
    await clients.close()
  }

  /// A multishot request ends with an answer that needed the overflow list (io_cqe_cache_refill).
  private func expectEverythingBack(_ loop: CompletionLoop, _ sizes: Sizes) async throws {
    await loop.until { loop.operationCount == 1 && loop.leaseCount == 0 }
    let statistics = await loop.ask { loop.statistics }
    #expect(statistics.staleCompletions == 0)
    #expect(statistics.controlFailures == 0)
    if sizes.completions == 4 {
      #expect(statistics.submissionQueueFull > 0)
      if sizes.hasMultishot { #expect(statistics.count(of: .surfaceAndRearm) > 0) }
    }
    if sizes.buffers == 2 { #expect(statistics.count(of: .awaitBuffer) > 0) }
  }

  @Test("Peers that never read cost no other connection anything", arguments: [2, 8])
  func neverRead(bufferCount: Int) async throws {
    let clients = try CompletionLoopGroup(count: 1)
    try await withLoops(
      1,
      {
        $0.bufferCount = bufferCount
        $0.ring.submissionEntryCount = 2
        $0.ring.completionEntryCount = 4
      }
    ) { group in
      try await withEcho(on: group, options: .tight) { address in
        var deaf: [HeldSocket] = []
        for _ in 0..<12 {
          let socket = try PlainSocket.connected(to: address)
          let held = HeldSocket(socket)
          deaf.append(held)
          // Until the server, which cannot send, has stopped receiving.
          var silentTurns = 0
          while silentTurns < 50 {
            silentTurns = held.socket.send(numbered(65_536)) > 0 ? 0 : silentTurns + 1
            await group.loops[0].ask {}
          }
        }
        for round in 0..<10 {
          let connection = try await StreamConnection.connect(to: address, on: clients.loops[0])
          try await connection.exchange(3000 * round + 1)
          await connection.close()
        }
        deaf.removeAll()
      }
    }
    await clients.close()
  }
}
