// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Testing

@testable import DNSForwarder

/// A forwarder that is tested; the test itself is the upstream server.
struct TestedForwarder {
  let forwarder: Forwarder
  let upstream: DatagramSocket
  let group: CompletionLoopGroup

  func client() async throws -> DatagramSocket {
    try await DatagramSocket.connect(
      to: try #require(forwarder.socket.localAddress), on: group.loops[0])
  }

  /// Receives what the forwarder asks, and from where.
  func nextQuery() async throws -> (bytes: [UInt8], sender: SocketAddress?) {
    guard let datagram = try await upstream.receive() else {
      throw SocketError(.receive, .noData)
    }
    return (datagram.withBytes { [UInt8](copying: $0) }, datagram.sender)
  }

  /// Answers the next query of the forwarder.
  @discardableResult
  func answerNext(time: UInt32 = 60) async throws -> [UInt8] {
    let (query, sender) = try await nextQuery()
    try await upstream.send(
      DNSBytes.answer(to: query, answers: [DNSBytes.record(time: time)]), to: sender)
    return query
  }

  /// Runs a forwarder while a body uses it.
  static func with(
    patience: Duration = .seconds(60), _ body: (TestedForwarder) async throws -> Void
  ) async throws {
    let group = try CompletionLoopGroup(count: 1)
    let loop = group.loops[0]
    let upstream = try await DatagramSocket.bind(to: "127.0.0.1:0", on: loop)
    let socket = try await DatagramSocket.bind(to: "127.0.0.1:0", on: loop)
    let forwarder = Forwarder(
      socket, Upstream(address: try #require(upstream.localAddress), patience: patience),
      cacheLimit: 100)
    let serving = Task { try await forwarder.serve() }
    do {
      try await body(TestedForwarder(forwarder: forwarder, upstream: upstream, group: group))
    } catch {
      Issue.record(error)
    }
    forwarder.end()
    try await serving.value
    await group.close()
  }
}

extension DatagramSocket {
  /// Receives a datagram, and copies its bytes.
  func receiveBytes() async throws -> [UInt8] {
    guard let datagram = try await receive() else { throw SocketError(.receive, .noData) }
    return datagram.withBytes { [UInt8](copying: $0) }
  }

  /// Receives a message, and reads its header.
  func receiveHeader() async throws -> DNSHeader {
    let bytes = try await receiveBytes()
    return try #require(DNSHeader(bytes))
  }
}

@Suite("The DNS forwarder", .timeLimit(.minutes(3)))
struct ForwarderTests {
  @Test("A question is asked once, then answered from the cache")
  func cached() async throws {
    try await TestedForwarder.with { tested in
      let client = try await tested.client()
      let query = DNSBytes.query(id: 1)
      try await client.send(query)
      try await tested.answerNext()
      let expected = DNSBytes.answer(to: query, answers: [DNSBytes.record(time: 60)])
      #expect(try await client.receiveBytes() == expected)
      // Nobody answers upstream now.
      let again = DNSBytes.query(id: 2, "A.EXAMPLE", options: DNSBytes.options())
      try await client.send(again)
      let bytes = try await client.receiveBytes()
      let header = try #require(DNSHeader(bytes))
      #expect(header.id == 2 && header.answerCount == 1 && header.additionalCount == 1)
      #expect(Array(bytes[12..<27]) == Array(again[12..<27]))
      await client.close()
    }
  }

  @Test("Each question upstream has a number of its own")
  func numbers() async throws {
    try await TestedForwarder.with { tested in
      let client = try await tested.client()
      var numbers: Set<UInt16> = []
      for number in 0..<20 {
        try await client.send(DNSBytes.query(id: 5, "n\(number).example"))
        numbers.insert(try await tested.answerNext().word(at: 0))
        #expect(try await client.receiveBytes().word(at: 0) == 5)
      }
      // Two of twenty are the same once in 345 runs, three once in millions.
      #expect(numbers.count >= 18)
      await client.close()
    }
  }

  @Test("Clients that ask the same share one question upstream")
  func shared() async throws {
    try await TestedForwarder.with { tested in
      let clients = [try await tested.client(), try await tested.client()]
      for (index, client) in clients.enumerated() {
        for number in 0..<5 {
          try await client.send(DNSBytes.query(id: UInt16(index * 5 + number)))
        }
      }
      // Behind this everything before it has come to the forwarder too.
      try await clients[0].send(DNSBytes.query(id: 99, flags: 0x2100))
      #expect(try await clients[0].receiveBytes().word(at: 0) == 99)
      try await clients[1].send(DNSBytes.query(id: 99, flags: 0x2100))
      #expect(try await clients[1].receiveBytes().word(at: 0) == 99)
      try await tested.answerNext()
      for (index, client) in clients.enumerated() {
        var numbers: Set<UInt16> = []
        for _ in 0..<5 { numbers.insert(try await client.receiveBytes().word(at: 0)) }
        #expect(numbers == Set((0..<5).map { UInt16(index * 5 + $0) }))
        await client.close()
      }
      await #expect(throws: SocketError.self) {
        _ = try await tested.upstream.receive(timeout: .zero)
      }
    }
  }

  @Test("A silent server is asked once more, then the query has failed")
  func silent() async throws {
    try await TestedForwarder.with(patience: .milliseconds(30)) { tested in
      let client = try await tested.client()
      try await client.send(DNSBytes.query(id: 1))
      let first = try await tested.nextQuery()
      let second = try await tested.nextQuery()
      #expect(first.bytes[12...] == second.bytes[12...])
      #expect(first.bytes.word(at: 0) != second.bytes.word(at: 0) || first.sender != second.sender)
      let header = try await client.receiveHeader()
      #expect(header.id == 1 && header.code == .serverFailure)
      await #expect(throws: SocketError.self) {
        _ = try await tested.upstream.receive(timeout: .zero)
      }
      // A failure is not kept.
      try await client.send(DNSBytes.query(id: 2))
      #expect(try await tested.nextQuery().bytes[12...] == first.bytes[12...])
      await client.close()
    }
  }

  @Test("A server that is not there has failed at once")
  func refused() async throws {
    try await TestedForwarder.with { tested in
      let client = try await tested.client()
      await tested.upstream.close()
      try await client.send(DNSBytes.query(id: 1))
      let header = try await client.receiveHeader()
      #expect(header.id == 1 && header.code == .serverFailure)
      await client.close()
    }
  }

  @Test("An answer with another number, or to another question, is not believed")
  func forged() async throws {
    try await TestedForwarder.with { tested in
      let client = try await tested.client()
      try await client.send(DNSBytes.query(id: 1))
      let (query, sender) = try await tested.nextQuery()
      let wrongNumber = (query.word(at: 0) ^ 1).bytes + query[2...]
      let other = DNSBytes.query(id: query.word(at: 0), "b.example")
      for forged in [wrongNumber, other] {
        let record = DNSBytes.record(time: 60, data: [6, 6, 6, 6])
        try await tested.upstream.send(DNSBytes.answer(to: forged, answers: [record]), to: sender)
      }
      let record = DNSBytes.record(time: 60)
      try await tested.upstream.send(DNSBytes.answer(to: query, answers: [record]), to: sender)
      #expect(try await client.receiveBytes().suffix(4) == [127, 0, 0, 1])
      await client.close()
    }
  }

  @Test("What is no query is refused, and what is an answer is ignored")
  func refusals() async throws {
    try await TestedForwarder.with { tested in
      let client = try await tested.client()
      try await client.send(DNSBytes.answer(to: DNSBytes.query(id: 1)))
      try await client.send([1, 2, 3])
      try await client.send(DNSBytes.query(id: 2) + [0])
      let header = try await client.receiveHeader()
      #expect(header.id == 2 && header.code == .formatError)
      await client.close()
    }
  }

  @Test("At the end the questions that have come are answered")
  func end() async throws {
    try await TestedForwarder.with { tested in
      let client = try await tested.client()
      try await client.send(DNSBytes.query(id: 1))
      let (query, sender) = try await tested.nextQuery()
      tested.forwarder.end()
      let record = DNSBytes.record(time: 60)
      try await tested.upstream.send(DNSBytes.answer(to: query, answers: [record]), to: sender)
      #expect(try await client.receiveBytes().word(at: 0) == 1)
      await client.close()
    }
  }
}
