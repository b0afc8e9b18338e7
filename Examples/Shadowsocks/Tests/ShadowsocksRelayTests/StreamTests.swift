// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import ShadowsocksProtocol
import Testing

@testable import ShadowsocksRelay

@Suite("Streams through the client and the server", .timeLimit(.minutes(3)))
struct StreamTests {
  static func pattern(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
  }

  @Test(
    "Bytes come back from an echo server",
    arguments: CipherMethod.allCases, ["127.0.0.1:0", "[::1]:0", "localhost"])
  func echo(method: CipherMethod, host: String) async throws {
    try await TestedPair.with(method) { tested in
      let isName = host == "localhost"
      let listener = try await StreamListener.bind(
        to: isName ? "127.0.0.1:0" : host, on: tested.others)
      let serving = Task {
        try await listener.serve { connection in
          while let lease = try await connection.receive() { try await connection.enqueue(lease) }
        }
      }
      let port = try #require(listener.localAddress.port)
      let target = try isName ? Target(.name(host), port: port) : listener.target()
      let program = try await tested.program(to: target)
      let sent = Self.pattern(300_000)
      async let receiving = program.receiveRest()
      try await program.send(sent)
      try await program.finishSending()
      #expect(try await receiving.elementsEqual(sent))
      await program.close()
      await listener.close()
      try await serving.value
    }
  }

  @Test("What is sent ahead of the reply arrives first")
  func early() async throws {
    try await TestedPair.with { tested in
      let listener = try await StreamListener.bind(to: .loopback(port: 0), on: tested.others)
      let program = try await StreamConnection.connect(to: tested.local, on: tested.loop)
      let request = try [5, 1, 0, 5, 1, 0] + listener.target().bytes
      try await program.send(request + Array("early ".utf8))
      let origin = try await listener.accept()
      try await program.send(Array("late".utf8))
      try await program.finishSending()
      #expect(try await origin.receiveRest() == Array("early late".utf8))
      await origin.close()
      await program.close()
      await listener.close()
    }
  }

  @Test("The end of each half is passed on, behind its last byte, and the other half goes on")
  func halfClose() async throws {
    try await TestedPair.with { tested in
      let (program, origin) = try await tested.carried()
      try await program.send(Self.pattern(50_000))
      try await program.finishSending()
      #expect(try await origin.receiveRest().elementsEqual(Self.pattern(50_000)))
      try await origin.send([3, 4])
      #expect(try await program.receive(exactly: 2) == [3, 4])
      try await origin.send([5])
      await origin.close()
      #expect(try await program.receiveRest() == [5])
      await program.close()
    }
    try await TestedPair.with { tested in
      let (program, origin) = try await tested.carried()
      try await origin.finishSending()
      #expect(try await program.receiveRest() == [])
      try await program.send([1])
      #expect(try await origin.receive(exactly: 1) == [1])
      await program.close()
      #expect(try await origin.receiveRest() == [])
      await origin.close()
    }
  }

  @Test("A reader that does not read holds the sender back, and loses nothing")
  func slowReader() async throws {
    try await TestedPair.with { tested in
      let (program, origin) = try await tested.carried()
      let part = Self.pattern(1 << 20)
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
      let load = await tested.group.statistics()[0].load
      #expect(load.unsentBytes + load.unclaimedBytes < 4 << 20)
      async let closing: Void = origin.close()
      var receivedCount = 0
      while let lease = try await program.receive() {
        let start = receivedCount % part.count
        let isSame = lease.withBytes { bytes in
          (0..<bytes.byteCount).allSatisfy { index in
            bytes.byte(at: index) == part[(start + index) % part.count]
          }
        }
        #expect(isSame)
        receivedCount += lease.byteCount
      }
      #expect(receivedCount == sentCount)
      await closing
      await program.close()
    }
  }

  @Test("A reset of either side is passed on as one")
  func reset() async throws {
    try await TestedPair.with { tested in
      let (program, origin) = try await tested.carried()
      origin.reset()
      await #expect(throws: SocketError.self) { try await program.receiveRest() }
      await program.close()
    }
    try await TestedPair.with { tested in
      let (program, origin) = try await tested.carried()
      program.reset()
      await #expect(throws: SocketError.self) { try await origin.receiveRest() }
      await origin.close()
    }
  }

  @Test("A connection on which nothing moves is reset")
  func idle() async throws {
    var limits = RelayLimits()
    limits.idleTime = .seconds(1)
    try await TestedPair.with(limits: limits) { tested in
      let (program, origin) = try await tested.carried()
      await #expect(throws: SocketError.self) { try await program.receiveRest() }
      await #expect(throws: SocketError.self) { try await origin.receiveRest() }
      await program.close()
      await origin.close()
    }
  }

  @Test("A target that refuses resets the connection, and is reported")
  func targetRefuses() async throws {
    try await TestedPair.with { tested in
      let free = try await StreamListener.bind(to: .loopback(port: 0), on: tested.others)
      let target = try free.target()
      await free.close()
      let program = try await tested.program(to: target)
      await #expect(throws: SocketError.self) { try await program.receiveRest() }
      await program.close()
      guard case .plainSide(let error) = await tested.serverFailures.next() else {
        Issue.record("the server reports no refused connect")
        return
      }
      #expect(error.errno == .connectionRefused)
    }
  }

  @Test("Who says nothing is let go when the programs end, and what runs may end by itself")
  func end() async throws {
    try await TestedPair.with { tested in
      let silent = try await StreamConnection.connect(to: tested.local, on: tested.loop)
      let unsaid = try await StreamConnection.connect(to: tested.server, on: tested.loop)
      let (program, origin) = try await tested.carried()
      async let forcedCount = tested.group.shutdown(grace: .seconds(3600))
      #expect(try await silent.receiveRest() == [])
      await #expect(throws: SocketError.self) { try await unsaid.receiveRest() }
      try await program.send([1])
      #expect(try await origin.receive(exactly: 1) == [1])
      await program.close()
      await origin.close()
      #expect(try await forcedCount == 0)
      await silent.close()
      await unsaid.close()
    }
  }
}
