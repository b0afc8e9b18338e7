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
          let connection = try await TCPConnection.connect(to: address, on: group.next())
          try await connection.exchange(byteCount)
          await connection.close()
        }
      }
    }
  }

  @Test("A request that is not on the list fails with EACCES")
  func refusal() async throws {
    var restriction = RingRestriction.networking
    restriction.operations.remove(.connect)
    try await withLoops(1, { $0.ring.restriction = restriction }) { group in
      let listener = try await TCPListener.bind(to: "127.0.0.1:0", on: group)
      do {
        _ = try await TCPConnection.connect(to: listener.localAddress, on: group.next())
        Issue.record("connects")
      } catch let error as SocketError {
        #expect(error.errno == .permissionDenied)
      }
      listener.close()
    }
  }
}
