// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// Options that sockets are made with.
@Suite(.timeLimit(.minutes(3))) struct CreationOptionTests {
  @Test(
    arguments: OptionCase.onConnections + OptionCase.atCreation,
    [SocketFamily.ipv4, .ipv6])
  func aListenerIsMadeWithIt(_ option: OptionCase, _ family: SocketFamily) async throws {
    guard option.families.contains(family) else { return }
    var options = SocketOptions()
    option.add(&options)
    let asked = options
    try await withLoops { group in
      do {
        let listener = try await StreamListener.bind(
          to: family.address(""), on: group, options: asked)
        #expect(try await option.readListener(listener) == option.expected)
      } catch let error as SocketError where error.isNoFault {
        #expect(option.isPrivileged || family == .ipv6, "\(error)")
      }
    }
  }

  @Test func aConnectionIsMadeWithThem() async throws {
    var options = SocketOptions()
    options.set(.userTimeout, to: .seconds(5))
    options.set(.keepAlive, to: true)
    options.set(.keepAliveIdle, to: .seconds(60))
    options.set(.keepAliveIdle, to: .seconds(30))
    options.set(.fastOpen, to: true)
    let asked = options
    try await withLoops { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      let connection = try await StreamConnection.connect(
        to: listener.localAddress, on: group.loops[0], options: asked)
      #expect(try await connection.option(.userTimeout) == .seconds(5))
      #expect(try await connection.option(.keepAlive))
      #expect(try await connection.option(.keepAliveIdle) == .seconds(30))
      #expect(try await connection.option(.fastOpen))
      // As before, because nobody has said otherwise.
      #expect(try await connection.option(.noDelay))
      try await connection.send([1, 2])
      #expect(try await listener.accept().receive(atMost: 2) == [1, 2])
      await connection.close()
    }
  }

  @Test func theCallersOwnComeLast() async throws {
    var options = SocketOptions()
    options.noDelay = true
    options.set(.noDelay, to: false)
    options.set(.reuseAddress, to: false)
    options.sendBufferByteCount = 4096
    options.set(.sendBufferByteCount, to: 8192)
    let asked = options
    try await withLoops(2) { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group, options: asked)
      for acceptor in listener.acceptors {
        let values = await acceptor.loop.ask {
          Result { () throws(SocketError) in
            let address = listener.localAddress
            return (
              try acceptor.option(SocketOption.noDelay.reading, at: address),
              try acceptor.option(SocketOption.reuseAddress.reading, at: address),
              try acceptor.option(SocketOption.sendBufferByteCount.reading, at: address)
            )
          }
        }
        let (isNoDelay, isReusable, byteCount) = try values.get()
        #expect(!isNoDelay && !isReusable && byteCount == 16384)
      }
      let plain = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      #expect(try await plain.option(.noDelay))
      #expect(try await plain.option(.reuseAddress))
    }
  }

  /// Without the option the second bind fails, because the first is its own.
  @Test func listenersOfTwoOwnersShareAPort() async throws {
    var options = SocketOptions()
    options.set(.reusePort, to: true)
    let shared = options
    try await withLoops { group in
      let first = try await StreamListener.bind(to: "127.0.0.1:0", on: group, options: shared)
      let second = try await StreamListener.bind(
        to: first.localAddress, on: group, options: shared)
      #expect(first.localAddress == second.localAddress)
      let alone = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      let error = await failure { () async throws(SocketError) in
        _ = try await StreamListener.bind(to: alone.localAddress, on: group, options: shared)
      }
      #expect(error?.errno == .addressInUse)
    }
  }

  @Test func aRefusedOptionIsNamed() async throws {
    let unknown = SocketOption<Int32>.raw(level: 1, number: 9999)
    var options = SocketOptions()
    options.set(unknown, to: 1)
    var tooLarge = SocketOptions()
    tooLarge.set(.receiveBufferByteCount, to: .max)
    for (asked, errno, name) in [
      (options, Errno.protocolNotAvailable, unknown.name),
      (tooLarge, .outOfRange, SocketOption.receiveBufferByteCount.name),
    ] {
      try await withLoops { group in
        let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
        let address = listener.localAddress
        let connecting = await failure { () async throws(SocketError) in
          _ = try await StreamConnection.connect(to: address, on: group.loops[0], options: asked)
        }
        let binding = await failure { () async throws(SocketError) in
          _ = try await StreamListener.bind(to: "127.0.0.1:0", on: group, options: asked)
        }
        for error in [connecting, binding] {
          #expect(error?.operation == .setOption && error?.errno == errno)
          #expect(error?.option == name)
        }
        #expect(connecting?.peer == address)
      }
    }
  }
}
