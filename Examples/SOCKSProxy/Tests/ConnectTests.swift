// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Testing

@testable import SOCKSProxy

@Suite("Connecting through the SOCKS proxy", .timeLimit(.minutes(3)))
struct ConnectTests {
  @Test("Bytes go both ways, and the end of each half is passed on")
  func carries() async throws {
    try await TestedProxy.with { proxy in
      let (client, origin) = try await proxy.carried()
      try await client.send([1, 2])
      try await client.finishSending()
      #expect(try await origin.receiveRest() == [1, 2])
      // Only the other half is left.
      try await origin.send([3, 4, 5])
      await origin.close()
      #expect(try await client.receiveRest() == [3, 4, 5])
      await client.close()
    }
  }

  @Test("What is sent ahead of the reply arrives first")
  func early() async throws {
    try await TestedProxy.with { proxy in
      let request = TestedProxy.connectRequest(proxy.origin.localAddress)
      let client = try await proxy.connect(
        sending: TestedProxy.greeting + request + Array("early ".utf8))
      let origin = try await proxy.origin.accept()
      try await client.send(Array("late".utf8))
      try await client.finishSending()
      #expect(try await origin.receiveRest() == Array("early late".utf8))
      await origin.close()
      await client.close()
    }
  }

  @Test("A name is looked up")
  func name() async throws {
    try await TestedProxy.with { proxy in
      let port = try #require(proxy.origin.localAddress.port)
      let name = Array("localhost".utf8)
      let client = try await proxy.connect(
        sending: TestedProxy.greeting + [5, 1, 0, 3, UInt8(name.count)] + name
          + [UInt8(port >> 8), UInt8(port & 255)])
      let origin = try await proxy.origin.accept()
      await origin.close()
      let bytes = try await client.receiveRest()
      #expect(Array(bytes.prefix(6)) == [5, 0, 5, 0, 0, 1] && bytes.count == 12)
      await client.close()
    }
  }

  @Test("A reader that does not read holds the sender back, and loses nothing")
  func slowReader() async throws {
    try await TestedProxy.with { proxy in
      let (client, origin) = try await proxy.carried()
      let part = [UInt8](repeating: 7, count: 1 << 20)
      var sentCount = 0
      do throws(SocketError) {
        while sentCount < 500 << 20 {
          try await origin.send(part, timeout: .milliseconds(500))
          sentCount += part.count
        }
        Issue.record("the sender was not held back")
      } catch {
        #expect(error.cause == .timeout)
        sentCount += error.byteCount
      }
      let load = await proxy.group.statistics()[0].load
      #expect(load.unsentBytes + load.unclaimedBytes < 4 << 20)
      async let closing: Void = origin.close()
      var receivedCount = 0
      while let lease = try await client.receive() { receivedCount += lease.byteCount }
      #expect(receivedCount == sentCount)
      await closing
      await client.close()
    }
  }

  @Test("A connection on which nothing moves is reset")
  func idle() async throws {
    var limits = ProxyLimits()
    limits.idleTime = .milliseconds(200)
    try await TestedProxy.with(limits) { proxy in
      let (client, origin) = try await proxy.carried()
      await #expect(throws: SocketError.self) { try await client.receiveRest() }
      await #expect(throws: SocketError.self) { try await origin.receiveRest() }
      await client.close()
      await origin.close()
    }
  }

  @Test("A reset is passed on as one")
  func reset() async throws {
    try await TestedProxy.with { proxy in
      let (client, origin) = try await proxy.carried()
      origin.reset()
      await #expect(throws: SocketError.self) { try await client.receiveRest() }
      await client.close()
    }
  }

  /// Bytes that a client sends, and those that it receives up to the end.
  static let refusals: [([UInt8], [UInt8])] = [
    ([4, 1, 0, 80, 127, 0, 0, 1, 0], [5, 0xFF]),
    ([5, 1, 2], [5, 0xFF]),
    ([5, 0], [5, 0xFF]),
    ([5, 1, 0, 4, 1, 0, 1, 127, 0, 0, 1, 0, 80], [5, 0] + reply(1)),
    ([5, 1, 0, 5, 2, 0, 1, 127, 0, 0, 1, 0, 80], [5, 0] + reply(7)),
    ([5, 1, 0, 5, 1, 0, 2, 127, 0, 0, 1, 0, 80], [5, 0] + reply(8)),
    ([5, 1, 0, 5, 1, 0, 3, 0, 0, 80], [5, 0] + reply(1)),
    ([5, 1, 0, 5, 1, 0, 3, 9] + Array("a.invalid".utf8) + [0, 80], [5, 0] + reply(4)),
  ]

  static func reply(_ code: UInt8) -> [UInt8] { [5, code, 0, 1, 0, 0, 0, 0, 0, 0] }

  @Test("What cannot be served is refused", arguments: refusals)
  func refused(sent: [UInt8], answer: [UInt8]) async throws {
    try await TestedProxy.with { proxy in
      let client = try await proxy.connect(sending: sent)
      #expect(try await client.receiveRest() == answer)
      await client.close()
    }
  }

  @Test("A refused connect is told as such")
  func connectionRefused() async throws {
    try await TestedProxy.with { proxy in
      let free = try await StreamListener.bind(to: "127.0.0.1:0", on: proxy.others)
      let address = free.localAddress
      await free.close()
      let client = try await proxy.connect(
        sending: TestedProxy.greeting + TestedProxy.connectRequest(address))
      #expect(try await client.receiveRest() == [5, 0] + Self.reply(5))
      await client.close()
    }
  }

  @Test(
    "Each error of a connect has its reply",
    arguments: [
      (Errno.connectionRefused, Reply.connectionRefused),
      (.networkUnreachable, .networkUnreachable),
      (.noRouteToHost, .hostUnreachable), (.timedOut, .hostUnreachable),
      (.permissionDenied, .notAllowed), (.tooManyOpenFiles, .generalFailure),
    ])
  func replies(errno: Errno, reply: Reply) {
    #expect(Reply(SocketError(.connect, errno)) == reply)
  }

  @Test("Who says nothing is let go, in time and when the proxy ends")
  func silent() async throws {
    var limits = ProxyLimits()
    limits.negotiationTime = .milliseconds(40)
    try await TestedProxy.with(limits) { proxy in
      let client = try await proxy.connect(sending: [5])
      #expect(try await client.receiveRest() == [])
      await client.close()
    }
    limits.negotiationTime = .seconds(3600)
    try await TestedProxy.with(limits) { proxy in
      let client = try await proxy.connect(sending: TestedProxy.greeting)
      #expect(try await client.receive(exactlyAtMost: 2) == [5, 0])
      async let forcedCount = proxy.group.shutdown(grace: .seconds(3600))
      #expect(try await client.receiveRest() == [])
      await client.close()
      #expect(try await forcedCount == 0)
    }
  }
}
