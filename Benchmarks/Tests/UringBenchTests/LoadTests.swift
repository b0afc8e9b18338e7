// SPDX-License-Identifier: Apache-2.0

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
      // Bound without SO_REUSEADDR, and never listening: nobody else can get the port.
      let bound = try TCP.open(nonblocking: false)
      defer { close(bound) }
      let local = try IPv4Endpoint(host: "127.0.0.1", port: 0)
      let code = unsafe local.withSockaddr { unsafe bind(bound, $0, $1) }
      guard code == 0 else { throw SystemFailure("bind \(local)") }
      let port = TCP.localPort(of: bound)
      return try ShortLoad.run(port: port, connections: 2, size: 1, pipeline: 1)
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
