// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import CompletionTestSupport
import TestSupport
import Testing

/// The program of the page "Serving with delegates", which a symbolic link puts beside this.
@Suite("The page of delegates", .timeLimit(.minutes(3)))
struct HandlersPageTests {
  /// What the program has said, without what it says after 30 s and 60 s, however long this takes.
  private func answers(_ bytes: [UInt8]) -> String {
    String(decoding: bytes, as: UTF8.self)
      .replacing(/[0-9]+ lines so far\n|idle\?\n/, with: "")
  }

  @Test("The program answers, refuses, and says goodbye")
  func program() async throws {
    let group = try CompletionLoopGroup(count: 1)
    let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
    try listener.handle(
      limits: ServeLimits(
        connectionsPerLoop: 1, excess: .refused, idleTime: .seconds(60), sendTime: .seconds(10)),
      onRefused: { $0.sendGoodbye(Array("full\n".utf8)) }
    ) { _ in NumberedLines() }
    try await withLoops { clients in
      let address = listener.localAddress
      let client = try await StreamConnection.connect(to: address, on: clients.loops[0])
      try await client.send(Array("a\nb\n".utf8))
      var answer: [UInt8] = []
      while answers(answer).utf8.count < 4, let chunk = try await client.receive() {
        answer.append(copying: chunk.bytes)
      }
      #expect(answers(answer) == "1\n2\n")
      let second = try await StreamConnection.connect(to: address, on: clients.loops[0])
      let refusal = try await second.receiveAll()
      #expect(String(decoding: refusal, as: UTF8.self) == "full\n")
      #expect(try await group.shutdown(grace: .seconds(60)) == 0)
      #expect(answers(try await client.receiveAll()) == "goodbye\n")
      await client.close()
      await second.close()
    }
  }
}
