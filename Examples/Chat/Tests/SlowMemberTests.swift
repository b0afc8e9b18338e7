// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Testing

@testable import Chat

@Suite("A member of the chat that does not read", .timeLimit(.minutes(3)))
struct SlowMemberTests {
  /// Little room in the kernel, so that it is soon full.
  private static var snug: SocketOptions {
    var options = SocketOptions()
    options.sendBufferByteCount = 1 << 17
    options.receiveBufferByteCount = 1 << 17
    return options
  }

  @Test("It falls behind, is told so and has to leave; the others notice nothing else")
  func fallsBehind() async throws {
    let room = Room(unreadByteLimit: 1 << 14)
    try await withChat(in: room, options: Self.snug) { address, clients in
      var slow = try await ChatClient.enter("slow", address, on: clients, options: Self.snug)
      var ada = try await ChatClient.enter("ada", address, on: clients)
      var bob = try await ChatClient.enter("bob", address, on: clients)
      try await ada.wait(for: "* bob has come")

      let filling = String(repeating: "x", count: 1000)
      var isBehind = false
      var round = 0
      while !isBehind, round < 2000 {
        round += 1
        // What either says, both hear at once, though the third has stopped reading.
        let numbers = (round * 10 - 9)...(round * 10)
        try await ada.say(numbers.map { "\($0) \(filling)" }.joined(separator: "\n"))
        try await bob.wait(for: "ada: \(numbers.upperBound) \(filling)")
        try await bob.say("\(round)")
        let heard = try await ada.wait(for: "bob: \(round)")
        isBehind = heard.contains("* slow has fallen behind")
      }
      #expect(isBehind)

      var lines: [String] = []
      while let line = try await slow.readLine() { lines.append(line) }
      #expect(lines.last == "* you have fallen behind; goodbye")
      // What came before the notice is whole: the first lines, in order and without a gap.
      let said = lines.filter { $0.hasPrefix("ada: ") }
      #expect(said.count > 1)
      for (index, line) in said.enumerated() where line != "ada: \(index + 1) \(filling)" {
        Issue.record("line \(index + 1) is \(line.prefix(20))")
        break
      }
      for client in [ada.connection, bob.connection, slow.connection] { await client.close() }
    }
  }
}
