// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import Glibc
import Synchronization
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// A receive that selects its buffer from a group that the loop does not have.
@Suite("Unknown buffer groups", .timeLimit(.minutes(3)))
struct UnknownGroupTests {
  @Test("is told ENOBUFS, once", arguments: [false, true], PolicyTable.policies)
  func isTold(isMultishot: Bool, policy: ResubmissionPolicy) async throws {
    try await withLoops { group in
      let loop = group.loops[0]
      let listener = try PlainSocket.listening()
      let client = try PlainSocket.connected(to: listener.localAddress)
      let server = try listener.accept()
      client.send([1, 2, 3])
      let target = server.target
      let heard = Heard()
      await loop.ask {
        _ = unsafe try? loop.submit(
          isMultishot
            ? .receiveMultishot(target, bufferGroup: loop.pool.group + 1)
            : .receive(target, bufferGroup: loop.pool.group + 1),
          policy: policy, handler: OperationHandler { outcome, _ in heard.add(outcome) })
      }
      let limit = await loop.ask { loop.statistics.enters } + 10_000
      await loop.until { !heard.outcomes.isEmpty || loop.statistics.enters > limit }
      #expect(heard.outcomes.map(\.error) == [.noBufferSpace])
      #expect(await loop.ask { loop.leaseCount } == 0)
    }
  }

  /// What is left of a buffer of streams may be too little for a message.
  @Test("The streams' own group is none for messages")
  func messages() async throws {
    try await withLoops { group in
      let loop = group.loops[0]
      let server = try PlainSocket.bound(type: SOCK_DGRAM)
      // A kernel that chooses early waits for bytes first.
      let client = try PlainSocket(AF_INET, type: SOCK_DGRAM)
      try client.connect(to: server.localAddress)
      client.send([1, 2, 3])
      let target = server.target
      let memory = Memory()
      let heard = Heard()
      await loop.ask {
        let request = memory.template.receive(target, bufferGroup: .max)
        _ = unsafe try? loop.submit(
          request, handler: OperationHandler { outcome, _ in heard.add(outcome) })
      }
      await loop.until { !heard.outcomes.isEmpty }
      #expect(heard.outcomes.map(\.error) == [.noBufferSpace])
    }
  }

  private final class Memory: @unchecked Sendable {
    // Unchecked: it does not change.
    let template = MessageTemplate(MessageLayout(nameByteCount: 28, controlByteCount: 0))
  }

  private final class Heard: Sendable {
    private let list = Mutex<[Outcome]>([])
    var outcomes: [Outcome] { list.withLock { $0 } }
    func add(_ outcome: Outcome) { list.withLock { $0.append(outcome) } }
  }
}
