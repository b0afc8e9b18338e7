import Glibc
import Testing

@testable import uring_bench

@Suite("The load generator against a broken server", .timeLimit(.minutes(2)))
struct LoadTests {
  @Test("notices a changed byte")
  func changedByte() async throws {
    #expect(try await Self.spoil(.flip).badBytes == 64)
  }

  @Test("notices a byte too many")
  func extraByte() async throws {
    #expect(try await Self.spoil(.double).badBytes == 1)
  }

  @Test("notices a byte that never comes")
  func lostByte() async throws {
    let result = try await Self.spoil(.lose)
    #expect(result.stalledConnections == 1)
    #expect(result.firstFailure?.contains("never came back") == true)
  }

  @Test("counts a refused connection")
  func refused() async throws {
    let result = try await onThread {
      let listener = try TCP.listen(at: try IPv4Endpoint(host: "127.0.0.1", port: 0), backlog: 1)
      defer { close(listener.descriptor) }
      // No longer listening, but still bound: nobody else can get the port.
      shutdown(listener.descriptor, Int32(SHUT_RDWR))
      return try ShortLoad.run(port: listener.port, connections: 2, size: 1, pipeline: 1)
    }
    #expect(result.connectFailures == 2)
    #expect(result.established == 0)
  }

  private static func spoil(_ fault: Spoiler.Fault) async throws -> WorkerResult {
    try await onThread {
      let server = try Spoiler(fault)
      return try ShortLoad.run(port: server.port, connections: 1, size: 64, pipeline: 1)
    }
  }
}
