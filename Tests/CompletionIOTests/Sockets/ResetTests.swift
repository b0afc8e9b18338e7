// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// Connections that end with a reset on purpose.
@Suite(.timeLimit(.minutes(3))) struct ResetTests {
  @Test(arguments: [false, true])
  func thePeerIsTold(isReset: Bool) async throws {
    try await withPair { near, far in
      try await near.send([1])
      #expect(try await far.receive(atMost: 1) == [1])
      if isReset { near.reset() } else { near.abort() }
      let error = await failure { () async throws(SocketError) in
        _ = try await far.receive()
      }
      #expect(error?.errno == (isReset ? .connectionReset : nil))
    }
  }

  @Test func whoeverSendsIsTold() async throws {
    try await withPair(options: .tight) { near, far in
      let sending = attempt { () async throws(SocketError) in try await near.send(numbered(4 << 20))
      }
      await near.loop.until { near.stream.sending.state == .sending(.waiting) }
      near.reset()
      #expect(await sending.value?.cause == .closed)
      await near.close()
      let error = await failure { () async throws(SocketError) in
        _ = try await far.receiveAll()
      }
      #expect(error?.errno == .connectionReset)
      // Later calls do nothing.
      near.reset()
    }
  }

  @Test func aUnixDomainPeerReceivesAnEnd() async throws {
    try await withPair(at: abstractName()) { near, far async throws in
      near.reset()
      #expect(try await far.receiveAll() == [])
    }
  }
}
