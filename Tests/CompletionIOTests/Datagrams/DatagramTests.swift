// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// Datagrams on real sockets, for tasks.
@Suite("Datagrams", .timeLimit(.minutes(3)))
struct DatagramTests {
  static let addresses = ["127.0.0.1:0", "[::1]:0", "unix"]

  @Test(
    "Each arrives whole, with its sender, and an answer finds the way back", arguments: addresses)
  func exchange(address: String) async throws {
    try await withDatagrams(at: address) { pair in
      for count in [1, 0, 1200, 9000, 0, 30_000] {
        let bytes = numbered(count)
        try await pair.client.send(bytes)
        let taken = try await pair.server.take()
        #expect(taken?.bytes == bytes)
        #expect(taken?.sender == pair.client.localAddress)
        #expect(taken?.isTruncated == false)
        #expect(taken?.sentByteCount == count)
        try await pair.server.send(bytes, to: taken?.sender)
        let answer = try await pair.client.take()
        #expect(answer?.bytes == bytes)
        #expect(answer?.sender == pair.server.localAddress)
      }
    }
  }

  @Test("A reply takes the buffer along", arguments: addresses, [1, 2])
  func reply(address: String, loopCount: Int) async throws {
    try await withDatagrams(loopCount, at: address) { pair in
      let serving = Task {
        while let datagram = try await pair.server.receive() {
          try await pair.server.reply(datagram)
        }
      }
      for number in 0..<100 {
        let bytes = numbered(number * 7, from: number)
        try await pair.client.send(bytes)
        #expect(try await pair.client.take()?.bytes == bytes)
      }
      pair.server.stopReceiving()
      try await serving.value
    }
  }

  @Test("A handler replies")
  func handler() async throws {
    try await withDatagrams { pair in
      let ends = Tally()
      pair.server.endpoint.start(
        DatagramHandler(
          received: { endpoint, datagram in endpoint.reply(datagram) },
          ended: { _, error in if error?.cause == .closed { ends.add() } },
          closed: { _ in ends.add() }))
      for number in 0..<100 {
        let bytes = numbered(number, from: number)
        try await pair.client.send(bytes)
        #expect(try await pair.client.take()?.bytes == bytes)
      }
      await pair.server.close()
      #expect(ends.value == 2)
    }
  }

  @Test("A datagram larger than its buffer is cut, and tells how long it was")
  func truncated() async throws {
    try await withDatagrams {
      $0.bufferSize = 512
    } _: { pair in
      let bytes = numbered(70_000 / 2)
      try await pair.client.send(bytes)
      let taken = try #require(try await pair.server.take())
      let limit = pair.server.wholeByteLimit
      #expect(taken.isTruncated == (bytes.count > limit))
      #expect(taken.sentByteCount == bytes.count)
      #expect(taken.bytes == Array(bytes.prefix(limit)))
      try await pair.client.send([7])
      #expect(try await pair.server.take()?.bytes == [7])
    }
  }

  @Test("A thousand in a burst arrive in order", arguments: ["127.0.0.1:0", "unix"])
  func burst(address: String) async throws {
    var options = DatagramOptions()
    options.receiveBufferByteCount = 4 << 20
    options.unclaimedDatagramLimit = 2000
    try await withDatagrams(at: address, options: options) { pair in
      async let sending: Void = {
        for number in 0..<1000 {
          try await pair.client.enqueue(copying: numbered(20, from: number))
        }
        try await pair.client.flush()
      }()
      for number in 0..<1000 {
        let taken = try #require(try await pair.server.take())
        try #require(taken.bytes == numbered(20, from: number), "datagram \(number)")
      }
      try await sending
    }
  }
}
