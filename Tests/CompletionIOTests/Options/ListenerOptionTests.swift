// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// Options of listeners, and of what they accept.
@Suite(.timeLimit(.minutes(3))) struct ListenerOptionTests {
  @Test func allSocketsOfAListenerHaveWhatIsSet() async throws {
    try await withLoops(3) { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      #expect(try await listener.option(.isListening))
      #expect(try await !listener.option(.keepAlive))
      try await listener.setOption(.keepAlive, to: true)
      #expect(try await listener.option(.keepAlive))
      for acceptor in listener.acceptors {
        let isOn = await acceptor.loop.ask {
          Result { () throws(SocketError) in
            try acceptor.option(SocketOption.keepAlive.reading, at: listener.localAddress)
          }
        }
        #expect(try isOn.get())
      }
      // Its connections inherit it.
      let client = try await StreamConnection.connect(
        to: listener.localAddress, on: group.loops[0])
      let accepted = try await listener.accept()
      #expect(try await accepted.option(.keepAlive))
      #expect(try await !client.option(.keepAlive))
      await client.close()
      await accepted.close()
    }
  }

  @Test func aListenerRefusesAsAConnectionDoes() async throws {
    try await withLoops { group in
      let listener = try await StreamListener.bind(to: abstractName(), on: group)
      let setting = await failure { () async throws(SocketError) in
        try await listener.setOption(.noDelay, to: true)
      }
      #expect(setting?.errno == .notSupportedOnSocket && setting?.peer == listener.localAddress)
      #expect(setting?.option == SocketOption.noDelay.name)
      await listener.close()
      // Takes the listener's number.
      let other = try await StreamListener.bind(to: abstractName(), on: group)
      let closed = [
        await failure { () async throws(SocketError) in
          try await listener.setOption(.keepAlive, to: true)
        },
        await failure { () async throws(SocketError) in _ = try await listener.option(.keepAlive) },
      ]
      for error in closed {
        #expect(error?.errno == .badFileDescriptor && error?.cause == .closed)
        #expect(error?.peer == listener.localAddress)
      }
      #expect(try await !other.option(.keepAlive))
    }
  }

  @Test(arguments: [SocketFamily.ipv4, .unix])
  func eachAcceptedConnectionHasWhatWasAskedFor(_ family: SocketFamily) async throws {
    var options = SocketOptions()
    options.setOnAccepted(.receiveLowWaterMark, to: 7)
    options.setOnAccepted(.sendBufferByteCount, to: 8192)
    try await withPair(at: family.address(abstractName()), options: options) {
      near, far async throws in
      #expect(try await far.option(.receiveLowWaterMark) == 7)
      #expect(try await far.option(.sendBufferByteCount) == 16384)
      // Not the one that connected, although it was made with the same options.
      #expect(try await near.option(.receiveLowWaterMark) == 1)
    }
  }

  @Test func handlersGetTheirConnectionsWithThem() async throws {
    var options = SocketOptions()
    options.setOnAccepted(.keepAliveCount, to: 4)
    let asked = options
    try await withLoops { group in
      let listener = try await StreamListener.bind(
        to: "127.0.0.1:0", on: group, options: asked)
      let count = Tally()
      let isAccepted = Event()
      try listener.handle { stream in
        if (try? stream.option(.keepAliveCount)) == 4 { count.add() }
        isAccepted.happen()
        stream.close()
      }
      let client = try await StreamConnection.connect(
        to: listener.localAddress, on: group.loops[0])
      await isAccepted.wait()
      #expect(count.value == 1)
      await client.close()
    }
  }

  /// Nobody would learn why each connection is closed.
  @Test func anOptionThatIsRefusedEndsAccepting() async throws {
    var options = SocketOptions()
    options.setOnAccepted(.keepAlive, to: true)
    options.setOnAccepted(.raw(level: 1, number: 9999), to: 1)
    let asked = options
    try await withLoops { group in
      for isServed in [false, true] {
        let listener = try await StreamListener.bind(
          to: "127.0.0.1:0", on: group, options: asked)
        let client = try await StreamConnection.connect(
          to: listener.localAddress, on: group.loops[0])
        let error = await failure { () async throws(SocketError) in
          if isServed { return try await listener.serve { _ in } }
          _ = try await listener.accept()
        }
        #expect(error?.operation == .setOption && error?.errno == .protocolNotAvailable)
        #expect(error?.option == SocketOptionName(level: 1, number: 9999))
        #expect((try? await client.receiveAll()) ?? [] == [])
        await client.close()
      }
    }
  }

  @Test func anOptionThatCouldNeverBeSetIsRefusedByTheBind() async throws {
    var options = SocketOptions()
    options.setOnAccepted(.userTimeout, to: .seconds(-1))
    let asked = options
    try await withLoops { group in
      let error = await failure { () async throws(SocketError) in
        _ = try await StreamListener.bind(to: "127.0.0.1:0", on: group, options: asked)
      }
      #expect(error?.cause == .badValue && error?.option == SocketOption.userTimeout.name)
    }
    options.setOnAccepted(.userTimeout, to: .seconds(1))
    let direct = options
    guard directPlaces(8) > 0 else { return }
    try await withLoops(1, { $0.directDescriptorCount = 8 }) { group in
      let error = await failure { () async throws(SocketError) in
        _ = try await StreamListener.bind(to: "127.0.0.1:0", on: group, options: direct)
      }
      #expect(error?.cause == .directDescriptor && error?.errno == .notSupportedOnSocket)
    }
  }
}
