// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// Loops on CPUs of their own.
@Suite("Placement of loops", .timeLimit(.minutes(2)))
struct PlacementTests {
  private static func withGroup(
    _ count: Int, _ placement: LoopPlacement, _ body: (CompletionLoopGroup) async throws -> Void
  ) async throws {
    let group = try CompletionLoopGroup(count: count, placement: placement)
    do { try await body(group) } catch {
      await group.close()
      throw error
    }
    await group.close()
  }

  @Test("Each loop's thread is bound to its CPU, and says which", arguments: [1, 2, 3])
  func eachCPU(count: Int) async throws {
    let allowed = ThreadAffinity.allowed
    try await Self.withGroup(count, .eachCPU) { group in
      for (index, loop) in group.loops.enumerated() {
        #expect(loop.cpu == allowed[index % allowed.count])
        #expect(await loop.ask { ThreadAffinity.allowed } == [allowed[index % allowed.count]])
      }
    }
  }

  @Test("A loop without a place may run anywhere")
  func anywhere() async throws {
    let allowed = ThreadAffinity.allowed
    try await Self.withGroup(1, .anywhere) { group in
      #expect(group.loops[0].cpu == nil)
      #expect(await group.loops[0].ask { ThreadAffinity.allowed } == allowed)
    }
  }

  @Test("CPUs that are not there are refused", arguments: [[], [-1], [8191], [1 << 40]])
  func absent(cpus: [Int]) {
    #expect {
      _ = try CompletionLoopGroup(count: 1, placement: .on(cpus))
    } throws: { error in
      "\(error)".contains("LoopPlacement") && (error as? RingSetupError)?.errno == .invalidArgument
    }
  }

  @Test(
    "A connection is accepted on the CPU that its packets come in on",
    .enabled(if: KernelRelease.isAtLeast(6, 2), "SO_INCOMING_CPU is not heeded before Linux 6.2"))
  func receivingCPU() async throws {
    let allowed = ThreadAffinity.allowed
    try await Self.withGroup(allowed.count, .eachCPU) { servers in
      var options = SocketOptions()
      options.acceptsOnReceivingCPU = true
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: servers, options: options)
      let serving = Task { try await listener.serve { try await echo($0) } }
      for (index, cpu) in allowed.enumerated() {
        try await Self.withGroup(1, .on([cpu])) { clients in
          for _ in 0..<8 {
            let client = try await StreamConnection.connect(
              to: listener.localAddress, on: clients.loops[0])
            try await client.exchange(10)
            await client.close()
          }
        }
        let counts = await servers.statistics().map(\.counts.accepted)
        #expect(counts[index] == 8)
        #expect(counts[(index + 1)...].allSatisfy { $0 == 0 })
      }
      await listener.close()
      try await serving.value
    }
  }
}
