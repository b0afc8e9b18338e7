// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Testing

@testable import Chat

@Suite("Chat", .timeLimit(.minutes(3)))
struct ChatTests {
  @Test("A line comes to everybody, who come and go")
  func lines() async throws {
    try await withChat { address, clients in
      var ada = try await ChatClient.enter("ada", address, on: clients)
      var bob = try await ChatClient.connect(to: address, on: clients)
      try await bob.say("bob")
      let answer = try await bob.readLine()
      #expect(answer == "* here: ada")
      try await bob.say("hello\r\n\nagain")
      try await ada.wait(for: "* bob has come")
      for line in ["bob: hello", "bob: again"] {
        let heard = try await ada.readLine()
        #expect(heard == line)
      }
      await bob.connection.close()
      let farewell = try await ada.readLine()
      #expect(farewell == "* bob has gone")
      await ada.connection.close()
    }
  }

  @Test("A name is plain, and nobody else's")
  func names() async throws {
    try await withChat { address, clients in
      let ada = try await ChatClient.enter("ada", address, on: clients)
      var other = try await ChatClient.connect(to: address, on: clients)
      for name in ["", "a b", "*", "ä", String(repeating: "x", count: 25)] {
        try await other.say(name)
        let answer = try await other.readLine()
        #expect(answer == "! a name is 1 to 24 letters and digits; your name?")
      }
      try await other.say("ada")
      let answer = try await other.readLine()
      #expect(answer == "! ada is here already; your name?")
      await ada.connection.close()
      await other.connection.close()
    }
  }

  @Test("Lines that are too long or no text are refused, and the next is said")
  func refusedLines() async throws {
    try await withChat { address, clients in
      var ada = try await ChatClient.enter("ada", address, on: clients)
      let limit = ChatLimits.lineByteCount
      let whole = String(repeating: "x", count: limit)
      try await ada.say(whole)
      var answer = try await ada.readLine()
      #expect(answer == "ada: \(whole)")
      for count in [limit + 1, limit * 2, 300_000] {
        try await ada.say(String(repeating: "x", count: count))
        answer = try await ada.readLine()
        #expect(answer == "! a line has at most 1024 bytes; yours was dropped")
      }
      for bytes in [[0xff], [0x1b, 0x5b, 0x41]] as [[UInt8]] {
        try await ada.connection.send(bytes + [10])
        answer = try await ada.readLine()
        #expect(answer == "! a line is UTF-8 text; yours was dropped")
      }
      try await ada.say("still here")
      answer = try await ada.readLine()
      #expect(answer == "ada: still here")
      await ada.connection.close()
    }
  }

  @Test("At the end of the server everybody is told, and nobody is forced")
  func drain() async throws {
    let server = try CompletionLoopGroup(count: 1)
    let listener = try await StreamListener.bind(to: .loopback(port: 0), on: server)
    async let serving: Void = serveChat(on: listener, in: Room())
    try await CompletionLoopGroup.with(count: 1) { clients in
      let address = listener.localAddress
      var ada = try await ChatClient.enter("ada", address, on: clients)
      var nobody = try await ChatClient.connect(to: address, on: clients)
      async let forcedCount = server.shutdown(grace: .seconds(30))
      try await ada.wait(for: "* the server ends; goodbye")
      try await nobody.wait(for: "* the server ends; goodbye")
      // The server ends the connections, and waits for nobody to do so.
      while try await ada.readLine() != nil {}
      while try await nobody.readLine() != nil {}
      await ada.connection.close()
      await nobody.connection.close()
      let count = try await forcedCount
      #expect(count == 0)
    }
    try await serving
  }
}
