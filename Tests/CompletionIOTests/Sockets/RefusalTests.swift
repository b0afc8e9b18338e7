// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// Bad input and bad peers: a typed error that says what to do, and the rest goes on.
@Suite("Refusals", .timeLimit(.minutes(3)))
struct RefusalTests {
  @Test("A port in use", arguments: [1, 2], [1, 2])
  func portInUse(loopCount: Int, otherLoopCount: Int) async throws {
    try await withLoops(loopCount) { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      try await withLoops(otherLoopCount) { other in
        for again in [group, other] {
          let error = await failure { () async throws(SocketError) in
            _ = try await StreamListener.bind(to: listener.localAddress, on: again)
          }
          #expect(error?.errno == .addressInUse)
          #expect(error?.operation == .bind)
          #expect(error?.peer == listener.localAddress)
          #expect("\(error as Any)".contains("choose another port"))
        }
      }
    }
  }

  @Test("A port is free again after a close, also with connections left", arguments: [false, true])
  func portIsFreeAgain(onTheLoop: Bool) async throws {
    try await withLoops(onTheLoop ? 1 : 2) { group in
      let first = try await StreamListener.bind(to: ownLoopback(), on: group)
      let client = try await StreamConnection.connect(to: first.localAddress, on: group.next())
      let accepted = try await first.accept()
      // On the loop nothing is submitted between a close and the next bind.
      try await Task(executorPreference: onTheLoop ? group.loops[0] : nil) {
        for _ in 0..<20 {
          await first.close()
          let second = try await StreamListener.bind(to: first.localAddress, on: group)
          try second.handle(StreamHandler(received: { _, _ in }, ended: { _, _ in }))
          await second.close()
        }
      }.value
      await client.close()
      await accepted.close()
    }
  }

  @Test(
    "Text that is no address",
    arguments: ["", "127.0.0.1", "127.0.0.1:99999", "localhost:80", "[::1:80", "unix:"])
  func badAddress(text: String) async throws {
    try await withLoops { group in
      let errors = [
        await failure { () async throws(SocketError) in
          _ = try await StreamListener.bind(to: text, on: group)
        },
        await failure { () async throws(SocketError) in
          _ = try await StreamConnection.connect(to: text, on: group)
        },
      ]
      for error in errors {
        #expect(error?.errno == .invalidArgument)
        guard case .badAddress = error?.cause else {
          Issue.record("\(String(describing: error))")
          continue
        }
      }
    }
  }

  @Test("A name where an address is wanted leads to the call that takes names")
  func nameForAddress() async throws {
    try await withLoops { group in
      let error = await failure { () async throws(SocketError) in
        _ = try await StreamConnection.connect(to: "localhost:80", on: group)
      }
      #expect(error?.advice.contains("connect(host:port:)") == true)
    }
  }

  @Test("An address of somebody else")
  func addressNotAvailable() async throws {
    try await withLoops { group in
      let error = await failure { () async throws(SocketError) in
        _ = try await StreamListener.bind(to: "192.0.2.1:0", on: group)
      }
      #expect(error?.errno == .addressNotAvailable)
      #expect(error?.advice.contains("no interface") == true)
    }
  }

  @Test("Nobody listens", arguments: ["tcp", "unix"])
  func refused(kind: String) async throws {
    try await withLoops { group in
      let bound = try PlainSocket.bound(
        to: kind == "tcp" ? .loopback(port: 0) : SocketAddress(parsing: abstractName()))
      let address = try bound.localAddress
      let error = await failure { () async throws(SocketError) in
        _ = try await StreamConnection.connect(to: address, on: group.loops[0])
      }
      #expect(error?.errno == .connectionRefused)
      #expect(error?.operation == .connect)
      #expect(error?.peer == address)
    }
  }

  @Test("A peer that resets, while receiving and while sending")
  func resets() async throws {
    try await withLoops { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group, options: .tight)
      do {
        let peer = try PlainSocket.connected(to: listener.localAddress)
        let connection = try await listener.accept()
        let receiving = attempt { () async throws(SocketError) in _ = try await connection.receive()
        }
        await connection.loop.until { connection.stream.receiving.receiver != nil }
        peer.reset()
        let error = await receiving.value
        #expect(error?.errno == .connectionReset)
        #expect(error?.cause == .kernel)
        await connection.close()
      }
      do {
        let peer = try PlainSocket.connected(to: listener.localAddress)
        let connection = try await listener.accept()
        let sending = attempt { () async throws(SocketError) in
          try await connection.send(numbered(4 << 20))
        }
        await connection.loop.until { connection.stream.sending.state == .sending(.waiting) }
        peer.reset()
        let error = await sending.value
        #expect(error?.errno == .connectionReset || error?.errno == .brokenPipe)
        #expect((error?.byteCount ?? 0) > 0)
        let next = await failure { () async throws(SocketError) in
          try await connection.send([1])
        }
        #expect(next?.operation == .send)
        await connection.close()
      }
    }
  }

  @Test("A body that throws ends its own connection only")
  func throwingBody() async throws {
    try await withLoops { group in
      try await withServer(on: group) { connection in
        while let chunk = try await connection.receive() {
          if chunk.byteCount == 1 { throw Errno.badMessage }
          try await connection.send(chunk.bytes)
        }
      } _: { address in
        let lively = try await StreamConnection.connect(to: address, on: group.loops[0])
        let doomed = try await StreamConnection.connect(to: address, on: group.loops[0])
        try await lively.exchange(100)
        try await doomed.send([1])
        #expect(try await doomed.receiveAll() == [])
        try await lively.exchange(100, times: 3)
        await lively.close()
        await doomed.close()
      }
    }
  }
}
