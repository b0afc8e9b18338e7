// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import CompletionTestSupport
import SystemPackage
import TestSupport
import Testing
import Uring

/// Hardening: the sockets work on restricted rings.
@Suite("Sockets on restricted rings", .timeLimit(.minutes(10)))
struct RestrictedSocketTests {
  @Test("Echo", arguments: Set([0, directPlaces(64)]).sorted())
  func echo(directDescriptorCount: UInt32) async throws {
    try await withLoops(1) {
      $0.ring.restriction = .networking
      $0.directDescriptorCount = directDescriptorCount
    } _: { group in
      try await withEcho(on: group) { address in
        for byteCount in [1, 4096, 300_000] {
          let connection = try await StreamConnection.connect(to: address, on: group.next())
          try await connection.exchange(byteCount)
          await connection.close()
        }
      }
    }
  }

  @Test(
    "A loop is refused a list without what it needs, by name",
    arguments: RingRestriction.requiredByLoop)
  func lacking(_ operation: Uring.Operation) {
    var configuration = LoopConfiguration()
    configuration.ring.restriction = .networking
    configuration.ring.restriction?.operations.remove(operation)
    let refusal = RingSetupError(
      errno: .invalidArgument, reason: .restrictionLacks([operation]))
    #expect(throws: refusal) {
      _ = try CompletionLoopGroup(count: 1, configuration: configuration)
    }
  }

  @Test("A loop lives with as little as it needs")
  func leastList() async throws {
    let least = RingRestriction(operations: RingRestriction.requiredByLoop)
    try await withLoops(1, { $0.ring.restriction = least }) { group in
      let loop = group.loops[0]
      // A wake-up from another thread, and a flight that a cancel ends.
      #expect(await loop.ask { loop.isCurrent })
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      listener.abort()
    }
  }

  @Test("A request that is not on the list fails with EACCES")
  func refusal() async throws {
    var restriction = RingRestriction.networking
    restriction.operations.remove(.connect)
    try await withLoops(1, { $0.ring.restriction = restriction }) { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      // Readiness has no list, and asks the kernel for nothing that one would keep from it.
      guard group.kernel == .ring else { return listener.abort() }
      do {
        _ = try await StreamConnection.connect(to: listener.localAddress, on: group.next())
        Issue.record("connects")
      } catch let error as SocketError {
        #expect(error.errno == .permissionDenied)
      }
      listener.abort()
    }
  }
}
