// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// What waits is bounded, on this side and in the kernel.
@Suite("Datagram limits", .timeLimit(.minutes(3)))
struct DatagramLimitTests {
  @Test("What nobody takes stays in the kernel", arguments: ["127.0.0.1:0", "[::1]:0"])
  func unclaimed(address: String) async throws {
    var options = DatagramOptions()
    options.unclaimedDatagramLimit = 4
    options.receiveBufferByteCount = 4 << 20
    try await withDatagrams(at: address, options: options) { pair in
      let server = pair.server
      try await pair.client.send([0])
      #expect(try await server.take()?.bytes == [0])
      for number in UInt8(1)...200 { try await pair.client.send([number]) }
      await server.loop.until {
        // One by one it stops above half of the limit.
        server.endpoint.receiving.count > 2 && server.endpoint.receiving.state == .idle
      }
      let kept = await server.loop.ask { server.endpoint.receiving.count }
      // The buffers that the kernel held when it was asked to end, at most.
      #expect(kept <= 4 + 32)
      for number in UInt8(1)...200 { #expect(try await server.take()?.bytes == [number]) }
    }
  }

  @Test("What the kernel has no room for is dropped, and the socket goes on")
  func overflow() async throws {
    var options = DatagramOptions()
    options.unclaimedDatagramLimit = 4
    options.receiveBufferByteCount = 4096
    try await withDatagrams(options: options) { pair in
      let endpoint = pair.server.endpoint
      endpoint.pauseReceiving()
      for number in 0..<300 { try await pair.client.send(numbered(500, from: number)) }
      endpoint.resumeReceiving()
      var count = 0
      while await failure({ () throws(SocketError) in
        try await pair.server.take(timeout: .milliseconds(50))
      }) == nil {
        count += 1
      }
      #expect(count > 0 && count < 300)
      try await pair.client.send([7])
      #expect(try await pair.server.take()?.bytes == [7])
    }
  }

  /// The peer's queue has 10 places (net.unix.max_dgram_qlen).
  @Test("Sends to a peer that does not read wait, and keep their order", arguments: [1, 2])
  func slowReader(loopCount: Int) async throws {
    try await withDatagrams(loopCount, at: "unix") { pair in
      let client = pair.client
      let sending = Task {
        for number in 0..<500 {
          let bytes = numbered(30, from: number)
          if number % 3 == 0 {
            try await client.send(bytes)
          } else {
            try await client.enqueue(BufferLease(copying: bytes))
          }
        }
        try await client.flush()
      }
      await client.loop.until { client.endpoint.sending.pace == .waiting }
      for number in 0..<500 {
        let taken = try #require(try await pair.server.take())
        try #require(taken.bytes == numbered(30, from: number), "datagram \(number)")
      }
      try await sending.value
    }
  }

  @Test("A handler is refused what the queue has no room for, and told when there is some")
  func refused() async throws {
    try await withDatagrams(at: "unix") {
      $0.unsentByteLimit = 10_000
    } _: { pair in
      let drained = Event()
      let endpoint = pair.client.endpoint
      endpoint.start(DatagramHandler(received: { _, _ in }, drained: { _ in drained.happen() }))
      let accepted = await pair.client.loop.ask {
        var accepted = 0
        while unsafe endpoint.enqueue(copying: numbered(100, from: accepted).span.bytes) {
          accepted += 1
        }
        return accepted
      }
      #expect((10...100).contains(accepted))
      for number in 0..<accepted {
        let taken = try await pair.server.take()
        #expect(taken?.bytes == numbered(100, from: number))
      }
      await drained.wait()
    }
  }

  @Test("A send that is cut short while the peer does not read leaves the others alone")
  func cutShort() async throws {
    try await withDatagrams(at: "unix") { pair in
      let client = pair.client
      // One more than the queue has places (unix_recvq_full).
      for number in UInt8(0)...10 { try await client.send([number]) }
      let waiting = await failure { () throws(SocketError) in
        try await client.send([99], timeout: .milliseconds(5))
      }
      #expect(waiting?.cause == .timeout)
      // One is with the kernel, one waits behind it.
      let first = Task { try await client.send([11]) }
      await client.loop.until { client.endpoint.sending.pace == .waiting }
      let second = Task { try await client.send([98]) }
      await client.loop.until { client.endpoint.sending.count == 2 }
      second.cancel()
      let cancelled = await #expect(throws: SocketError.self) { try await second.value }
      #expect(cancelled?.cause == .cancellation)
      for number in UInt8(0)...11 {
        #expect(try await pair.server.take()?.bytes == [number])
      }
      try await first.value
    }
  }

  @Test("Few operations are enough")
  func fewFlights() async throws {
    try await withDatagrams {
      $0.flightLimit = 7
    } _: { pair in
      for round in 0..<20 {
        for number in 0..<10 {
          try await pair.client.enqueue(BufferLease(copying: numbered(9, from: round + number)))
        }
        for number in 0..<10 {
          #expect(try await pair.server.take()?.bytes == numbered(9, from: round + number))
        }
      }
      try await pair.client.flush()
      // Two for each socket and one for the wake-up leave two.
      let error = await failure { () throws(SocketError) in
        _ = try await DatagramSocket.pair(on: pair.client.loop)
      }
      #expect(error?.cause == .tableFull)
    }
  }
}
