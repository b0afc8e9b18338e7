// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import CompletionTestSupport
import Foundation
import TestSupport
import Testing

/// The program of the page "Serving with delegates", word for word.
private final class NumberedLines: SocketDelegate, @unchecked Sendable {
  private var lineCount = 0
  private var reminder: ScheduledWork?

  override func opened(_ stream: SocketStream) {
    reminder = stream.loop.schedule(every: .seconds(30)) { [weak self] in
      guard let self else { return }
      self.say("\(self.lineCount) lines so far", on: stream)
    }
  }

  override func received(_ lease: consuming BufferLease, on stream: SocketStream) {
    for index in 0..<lease.byteCount where lease[index] == UInt8(ascii: "\n") {
      lineCount += 1
      say("\(lineCount)", on: stream)
    }
  }

  override func mayGoOn(idle direction: IdleDirection, on stream: SocketStream) -> Bool {
    // Whoever does not read is not asked.
    guard direction != .sending else { return false }
    say("idle?", on: stream)
    return true
  }

  override func draining(_ stream: SocketStream) {
    say("goodbye", on: stream)
    stream.close()
  }

  override func closed(_ stream: SocketStream) {
    reminder?.cancel()
  }

  private func say(_ text: String, on stream: SocketStream) {
    stream.enqueue(copying: Array("\(text)\n".utf8))
  }
}

@Suite("The page of delegates", .timeLimit(.minutes(3)))
struct HandlersPageTests {
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
      let answer = try await client.receive(atMost: 4)
      #expect(String(decoding: answer, as: UTF8.self) == "1\n2\n")
      let second = try await StreamConnection.connect(to: address, on: clients.loops[0])
      let refusal = try await second.receiveAll()
      #expect(String(decoding: refusal, as: UTF8.self) == "full\n")
      #expect(try await group.shutdown(grace: .seconds(60)) == 0)
      let goodbye = try await client.receiveAll()
      #expect(String(decoding: goodbye, as: UTF8.self) == "goodbye\n")
      await client.close()
      await second.close()
    }
  }

  @Test("The page holds the program")
  func page() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent()
    let own = try String(
      contentsOf: root.appending(path: "HandlersPageTests.swift"), encoding: .utf8)
    let page = try String(
      contentsOf: root.appending(
        path: "../../../Sources/CompletionIO/CompletionIO.docc/Handlers.md"), encoding: .utf8)
    let start = try #require(own.firstRange(of: "final class NumberedLines"))
    let end = try #require(own.firstRange(of: "\n}\n"))
    #expect(page.contains(own[start.lowerBound..<end.upperBound]))
  }
}
