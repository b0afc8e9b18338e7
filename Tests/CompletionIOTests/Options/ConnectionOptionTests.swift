// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import Glibc
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// Options of connections that are there, on the kernel's own sockets.
@Suite(.timeLimit(.minutes(3))) struct ConnectionOptionTests {
  /// Runs a body with a connection of a family; not where the machine has none.
  private func withConnection(
    _ family: SocketFamily, options: SocketOptions = SocketOptions(),
    _ body: (ConnectionPair) async throws -> Void
  ) async throws {
    try await withLoops { group in
      let pair: ConnectionPair
      do {
        pair = try await ConnectionPair(
          on: group, at: family.address(abstractName()), options: options)
      } catch let error as SocketError where error.isNoFault && family == .ipv6 {
        return
      }
      try await body(pair)
      await pair.close()
    }
  }

  @Test(arguments: OptionCase.onConnections, SocketFamily.allCases)
  func whatIsSetIsRead(_ option: OptionCase, _ family: SocketFamily) async throws {
    try await withConnection(family) { pair in
      do {
        let value = try await option.exchange(pair.near)
        #expect(value == option.expected)
        #expect(option.families.contains(family))
      } catch let error as SocketError {
        #expect(error.option == option.name && error.cause == .kernel)
        #expect(error.peer == pair.near.peerAddress)
        if option.families.contains(family) {
          #expect(option.isPrivileged && error.errno == .notPermitted, "\(error)")
        } else {
          #expect(
            error.errno == .protocolNotAvailable || error.errno == .notSupportedOnSocket,
            "\(error)")
        }
      }
    }
  }

  @Test func aValueThatDoesNotFitIsRefusedAndNothingIsSet() async throws {
    try await withConnection(.ipv4) { pair in
      let near = pair.near
      let before = try await near.option(.sendBufferByteCount)
      let errors = [
        await failure { () async throws(SocketError) in
          try await near.setOption(.sendBufferByteCount, to: -1)
        },
        await failure { () async throws(SocketError) in
          try await near.setOption(.receiveBufferByteCount, to: 1 << 40)
        },
        await failure { () async throws(SocketError) in
          try await near.setOption(.userTimeout, to: .seconds(-5))
        },
        await failure { () async throws(SocketError) in
          try await near.setOption(.congestionControl, to: "a name that is far too long")
        },
      ]
      for error in errors {
        #expect(error?.errno == .outOfRange && error?.cause == .badValue)
        #expect(error?.peer == near.peerAddress && error?.operation == .setOption)
      }
      #expect(try await near.option(.sendBufferByteCount) == before)
      // What only the kernel knows not to fit.
      let zero = await failure { () async throws(SocketError) in
        try await near.setOption(.keepAliveIdle, to: .zero)
      }
      #expect(zero?.errno == .invalidArgument && zero?.cause == .kernel)
      let unknown = await failure { () async throws(SocketError) in
        try await near.setOption(.congestionControl, to: "no such thing")
      }
      #expect(unknown?.errno == .noSuchFileOrDirectory)
    }
  }

  /// A value that the kernel cuts short is none.
  @Test func aReadOfTooFewBytesIsAnError() async throws {
    try await withConnection(.ipv4) { pair in
      let short = SocketOption<[UInt8]>.raw(level: SOL_SOCKET, number: SO_KEEPALIVE, byteLimit: 1)
      let cut = try await pair.near.option(short)
      #expect(cut == [0])
      let option = ReadOnlySocketOption<Bool>(short.name, byteLimit: 1, decode: { _ in nil })
      let error = await failure { () async throws(SocketError) in
        _ = try await pair.near.option(option)
      }
      #expect(error?.operation == .readOption && error?.cause == .badValue)
    }
  }

  /// The number of a closed connection is the next one's.
  @Test func aClosedConnectionTouchesNoOther() async throws {
    try await withLoops { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      let closed = try await StreamConnection.connect(
        to: listener.localAddress, on: group.loops[0])
      await closed.close()
      let other = try await StreamConnection.connect(to: listener.localAddress, on: group.loops[0])
      let setting = await failure { () async throws(SocketError) in
        try await closed.setOption(.keepAlive, to: true)
      }
      let reading = await failure { () async throws(SocketError) in
        _ = try await closed.option(.keepAlive)
      }
      #expect(setting?.operation == .setOption && reading?.operation == .readOption)
      for error in [setting, reading] {
        #expect(error?.errno == .badFileDescriptor && error?.cause == .closed)
        #expect(
          error?.peer == listener.localAddress && error?.option == SocketOption.keepAlive.name)
      }
      #expect(try await !other.option(.keepAlive))
      await other.close()
    }
  }

  @Test func afterTheEndOfTheLoopItSaysSo() async throws {
    let connection = try await withLoops { group in
      let pair = try await ConnectionPair(on: group)
      return pair.near
    }
    let error = await failure { () async throws(SocketError) in
      try await connection.setOption(.keepAlive, to: true)
    }
    #expect(error?.cause == .loopStopped && error?.errno == .socketShutdown)
  }

  @Test(
    .enabled(
      if: kernelFeatures.contains(.directDescriptors),
      "the kernel has no tables of direct descriptors"))
  func aDirectDescriptorHasNone() async throws {
    try await withPair({ $0.directDescriptorCount = 16 }) { near, far async throws in
      let errors = [
        await failure { () async throws(SocketError) in
          try await far.setOption(.keepAlive, to: true)
        },
        await failure { () async throws(SocketError) in _ = try await far.option(.keepAlive) },
        await failure { () async throws(SocketError) in _ = try await far.option(.socketType) },
      ]
      for error in errors {
        #expect(error?.errno == .notSupportedOnSocket && error?.cause == .directDescriptor)
        #expect(error?.peer == far.peerAddress)
      }
      // The one that connected is an ordinary one.
      #expect(try await near.option(.noDelay))
    }
  }

  @Test func aStreamIsAskedOnItsLoopsThread() async throws {
    try await withConnection(.ipv4) { pair in
      let stream = pair.near.stream
      let answers = await stream.loop.ask {
        Result { () throws(SocketError) in
          try stream.setOption(.keepAliveCount, to: 4)
          return (try stream.option(.keepAliveCount), try stream.option(.socketType))
        }
      }
      let (count, type) = try answers.get()
      #expect(count == 4 && type == Int32(SOCK_STREAM.rawValue))
      let setting = await failure { () async throws(SocketError) in
        try stream.setOption(.keepAliveCount, to: 5)
      }
      let reading = await failure { () async throws(SocketError) in
        _ = try stream.option(.keepAliveCount)
      }
      #expect(setting?.cause == .wrongThread && reading?.cause == .wrongThread)
      #expect(try await pair.near.option(.keepAliveCount) == 4)
    }
  }

  @Test func bodiesAndOtherTasksUseThem() async throws {
    try await withLoops(2) { group in
      try await withServer(on: group) { connection in
        try await connection.setOption(.userTimeout, to: .seconds(9))
        let timeout = try await connection.option(.userTimeout)
        try await connection.send([timeout == .seconds(9) ? 1 : 0])
      } _: { address in
        let connection = try await StreamConnection.connect(to: address, on: group.loops[1])
        try await withThrowingTaskGroup { tasks in
          for count in 1...20 {
            tasks.addTask { try await connection.setOption(.keepAliveCount, to: count) }
          }
          try await tasks.waitForAll()
        }
        #expect((1...20).contains(try await connection.option(.keepAliveCount)))
        #expect(try await connection.receiveAll() == [1])
        await connection.close()
      }
    }
  }
}
