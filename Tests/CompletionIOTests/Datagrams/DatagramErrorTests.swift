// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// Errors of single datagrams, which end nothing, and calls that are refused.
@Suite("Datagram errors", .timeLimit(.minutes(3)))
struct DatagramErrorTests {
  /// Whoever asks first hears of the ICMP message, once; the socket goes on.
  @Test("A peer that is not there is told to a receive")
  func refusedReceive() async throws {
    try await withLoops { group in
      let nobody = try PlainSocket.datagram()
      let address = try nobody.localAddress
      let client = try await DatagramSocket.connect(to: address, on: group.loops[0])
      _ = consume nobody
      for _ in 0..<3 {
        try await client.send([1])
        let error = await failure { () throws(SocketError) in try await client.take() }
        #expect(error?.errno == .connectionRefused)
        #expect(error?.cause == .kernel)
      }
      let server = try await DatagramSocket.bind(to: address, on: group.loops[0])
      try await client.send([2])
      #expect(try await server.take()?.bytes == [2])
      await client.close()
      await server.close()
    }
  }

  @Test("A peer that is not there is told to a send, whose datagram does not go out")
  func refusedSend() async throws {
    try await withLoops { group in
      let nobody = try PlainSocket.datagram()
      let client = try await DatagramSocket.connect(to: nobody.localAddress, on: group.loops[0])
      _ = consume nobody
      try await client.send([1])
      let error = await failure { () throws(SocketError) in try await client.send([2]) }
      #expect(error?.errno == .connectionRefused)
      try await client.send([3])
      await client.close()
    }
  }

  @Test(
    "A wrong datagram fails alone",
    arguments: [Errno.messageTooLong, .addressRequired, .addressFamilyNotSupported])
  func wrongDatagram(expected: Errno) async throws {
    try await withDatagrams { pair in
      let server = pair.server
      let address = pair.client.localAddress
      let error = await failure { () throws(SocketError) in
        switch expected {
        case .messageTooLong: try await server.send(numbered(70_000), to: address)
        case .addressRequired: try await server.send([1])
        default: try await server.send([1], to: Self.ipv6)
        }
      }
      #expect(error?.errno == expected)
      try await server.send([1], to: address)
      #expect(try await pair.client.take()?.bytes == [1])
    }
  }

  private static var ipv6: SocketAddress? { try? SocketAddress(parsing: "[::1]:9") }

  @Test("A queued datagram that does not get out is told by a flush, once")
  func lostQueued() async throws {
    try await withDatagrams { pair in
      try await pair.client.enqueue(BufferLease(copying: numbered(70_000)))
      let error = await failure { () throws(SocketError) in try await pair.client.flush() }
      #expect(error?.errno == .messageTooLong)
      try await pair.client.flush()
      let endpoint = pair.client.endpoint
      #expect(await pair.client.loop.ask { endpoint.failedSendCount } == 1)
    }
  }

  @Test("Two tasks cannot receive at once")
  func busy() async throws {
    try await withDatagrams { pair in
      let server = pair.server
      let first = Task { try await server.take() }
      await server.loop.until { server.endpoint.receiving.receiver != nil }
      let error = await failure { () throws(SocketError) in try await server.take() }
      #expect(error?.errno == .resourceBusy && error?.cause == .busy)
      try await pair.client.send([1])
      #expect(try await first.value?.bytes == [1])
    }
  }

  @Test("A receive ends at its time, and the next one has what comes then")
  func timeouts() async throws {
    try await withDatagrams { pair in
      let server = pair.server
      let timedOut = await failure { () throws(SocketError) in
        try await server.take(timeout: .milliseconds(5))
      }
      #expect(timedOut?.errno == .timedOut && timedOut?.cause == .timeout)
      try await pair.client.send([1])
      let past = await failure { () throws(SocketError) in
        try await server.receive(until: server.loop.now)?.byteCount
      }
      #expect(past?.cause == .timeout)
      let scope = await failure { () throws(SocketError) in
        try await server.withDeadline(server.loop.now) { () throws(SocketError) in
          try await server.take(timeout: nil)
        }
      }
      #expect(scope?.cause == .timeout)
      #expect(try await server.take()?.bytes == [1])
    }
  }

  @Test("A cancelled task's receive ends, and loses nothing")
  func cancelled() async throws {
    try await withDatagrams(2) { pair in
      let server = pair.server
      for number in UInt8(0)..<20 {
        let receiving = Task { try await server.take(timeout: nil)?.bytes }
        if number % 2 == 0 {
          await server.loop.until { server.endpoint.receiving.receiver != nil }
        }
        receiving.cancel()
        try await pair.client.send([number])
        let bytes: [UInt8]?
        do { bytes = try await receiving.value } catch { bytes = nil }
        if bytes == nil { #expect(try await server.take()?.bytes == [number]) }
      }
    }
  }

  @Test("After a close every call says so, and a close twice is one")
  func afterClose() async throws {
    try await withDatagrams { pair in
      let server = pair.server
      let waiting = Task { try await server.take(timeout: nil) }
      await server.loop.until { server.endpoint.receiving.receiver != nil }
      async let first: Void = server.close()
      async let second: Void = server.close()
      _ = await (first, second)
      let ended = await #expect(throws: SocketError.self) { try await waiting.value }
      #expect(ended?.cause == .closed)
      let sent = await failure { () throws(SocketError) in try await server.send([1]) }
      #expect(sent?.errno == .badFileDescriptor && sent?.cause == .closed)
      let received = await failure { () throws(SocketError) in try await server.take() }
      #expect(received?.cause == .closed)
      let queued = await failure { () throws(SocketError) in
        try await server.enqueue(BufferLease(copying: [1]))
      }
      #expect(queued?.cause == .closed)
      let option = await failure { () throws(SocketError) in try await server.option(.broadcast) }
      #expect(option?.cause == .closed)
    }
  }

  @Test("An address that is in use is refused")
  func inUse() async throws {
    try await withDatagrams { pair in
      var options = DatagramOptions()
      options.bindRetryLimit = .zero
      let address = try #require(pair.server.localAddress)
      let error = await failure { () throws(SocketError) in
        try await DatagramSocket.bind(to: address, on: pair.server.loop, options: options)
      }
      #expect(error?.errno == .addressInUse && error?.operation == .bind)
    }
  }
}

extension Errno {
  static var addressRequired: Errno { Errno(rawValue: 89) }  // EDESTADDRREQ
  static var messageTooLong: Errno { Errno(rawValue: 90) }  // EMSGSIZE
}

extension BufferLease {
  /// A lease of a copy of an array.
  init(copying bytes: [UInt8]) {
    self.init(copying: unsafe bytes.span.bytes)
  }
}
