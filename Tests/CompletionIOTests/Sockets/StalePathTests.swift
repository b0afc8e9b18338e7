// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import Glibc
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// Unix-domain paths that a server has left behind.
@Suite(.timeLimit(.minutes(3))) struct StalePathTests {
  private static var options: SocketOptions {
    var options = SocketOptions()
    options.removesStalePath = true
    options.bindRetryLimit = .zero
    return options
  }

  /// A path in the working directory that no test uses; its file is removed behind the body.
  private func withPath(_ body: (String) async throws -> Void) async throws {
    let path = "swift-uring-test-\(UInt64.random(in: 0 ... .max))"
    defer { _ = unsafe unlink(path) }
    try await body(path)
  }

  private func bindError(
    _ path: String, on group: CompletionLoopGroup, _ options: SocketOptions = options
  ) async -> SocketError? {
    await failure { () async throws(SocketError) in
      _ = try await StreamListener.bind(to: "unix:" + path, on: group, options: options)
    }
  }

  @Test func aFileThatNobodyListensOnIsRemoved() async throws {
    try await withLoops { group in
      try await withPath { path in
        let first = try await StreamListener.bind(to: "unix:" + path, on: group)
        await first.close()
        #expect(await bindError(path, on: group, SocketOptions())?.errno == .addressInUse)
        let second = try await StreamListener.bind(
          to: "unix:" + path, on: group, options: Self.options)
        let client = try await StreamConnection.connect(to: "unix:" + path, on: group)
        await client.close()
        await second.close()
      }
    }
  }

  @Test func aServerKeepsItsFile() async throws {
    try await withLoops { group in
      try await withPath { path in
        let address = try SocketAddress(parsing: "unix:" + path)
        let server = try PlainSocket.bound(to: address)
        // Room for one, which the first bind's question takes, and then for none.
        #expect(listen(server.descriptor, 0) == 0)
        for _ in 0..<2 {
          #expect(await bindError(path, on: group)?.errno == .addressInUse)
        }
        #expect(unsafe access(path, F_OK) == 0)
      }
    }
  }

  @Test func whatIsNoSocketStays() async throws {
    try await withLoops { group in
      try await withPath { path in
        let file = unsafe open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0o600)
        close(file)
        #expect(await bindError(path, on: group)?.errno == .addressInUse)
        #expect(unsafe access(path, F_OK) == 0)
      }
    }
  }
}
