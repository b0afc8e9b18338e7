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
    try await withLoops { group in
      let pair = try await ConnectionPair(on: group)
      try await pair.near.send([1])
      #expect(try await pair.far.receive(atMost: 1) == [1])
      if isReset { pair.near.reset() } else { pair.near.abort() }
      let error = await failure { () async throws(SocketError) in
        _ = try await pair.far.receive()
      }
      #expect(error?.errno == (isReset ? .connectionReset : nil))
      await pair.close()
    }
  }

  @Test func whoeverSendsIsTold() async throws {
    try await withLoops { group in
      let pair = try await ConnectionPair(on: group, options: .tight)
      let near = pair.near
      let sending = Task {
        await failure { () async throws(SocketError) in try await near.send(numbered(4 << 20)) }
      }
      await near.loop.until { near.stream.sending.state == .sending(.waiting) }
      near.reset()
      #expect(await sending.value?.cause == .closed)
      await near.close()
      let error = await failure { () async throws(SocketError) in
        _ = try await pair.far.receiveAll()
      }
      #expect(error?.errno == .connectionReset)
      // Later calls do nothing.
      near.reset()
      await pair.close()
    }
  }

  @Test func aUnixDomainPeerReceivesAnEnd() async throws {
    try await withLoops { group in
      let pair = try await ConnectionPair(on: group, at: abstractName())
      pair.near.reset()
      #expect(try await pair.far.receiveAll() == [])
      await pair.close()
    }
  }
}
