// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import NIOConcurrencyHelpers
import NIOCore
import NIOUring
import Testing

/// What a transport for NIO gets wrong at first, each as a test.
@Suite struct TrapTests {
  @Test(arguments: kernels, [1, 100, 40_000])
  func whoWritesFlushesAndClosesLosesNothing(on kernel: KernelChoice, byteCount: Int) async throws {
    try await withGroup(kernel) { group in
      let server = try await group.listen { channel in
        channel.eventLoop.makeCompletedFuture {
          let bytes = ByteBuffer(repeating: 7, count: byteCount)
          let promise = channel.eventLoop.makePromise(of: Void.self)
          try channel.pipeline.syncOperations.addHandler(GreetAndClose(bytes, promise))
          promise.futureResult.whenFailure { Issue.record("the write failed: \($0)") }
        }
      }
      let client = try await group.connect(to: server)
      let received = try await client.executeThenClose { inbound, _ in
        try await inbound.reduce(into: 0) { $0 += $1.readableBytes }
      }
      #expect(received == byteCount)
      try await server.close()
    }
  }

  @Test(arguments: kernels)
  func theAddressOfAClosedListenerIsFree(on kernel: KernelChoice) async throws {
    try await withGroup(kernel) { group in
      var address = try NIOCore.SocketAddress(ipAddress: "127.0.0.1", port: 0)
      for _ in 0..<20 {
        let server = try await UringServerBootstrap(group: group).bind(to: address).get()
        address = try #require(server.localAddress)
        try await server.close()
      }
    }
  }

  @Test func theOrderOfAClose() async throws {
    try await withGroup { group in
      let log = EventLog()
      let server = try await group.listen { $0.eventLoop.makeSucceededVoidFuture() }
      let client = try await UringClientBootstrap(group: group)
        .channelInitializer { $0.pipeline.addHandler(log) }
        .connect(to: try #require(server.localAddress)).get()
      client.closeFuture.whenComplete { _ in log.note("closeFuture") }
      let promise = client.eventLoop.makePromise(of: Void.self)
      promise.futureResult.whenComplete { _ in log.note("promise") }
      client.close(promise: promise)
      try await client.closeFuture.get()
      try await server.close()
      #expect(
        log.events == [
          "registered", "active", "promise", "inactive", "unregistered", "closeFuture",
        ])
    }
  }

  @Test(arguments: kernels)
  func thePeersEndIsToldWhileNobodyReads(on kernel: KernelChoice) async throws {
    try await withGroup(kernel) { group in
      let log = EventLog()
      let accepted = group.next().makePromise(of: (any Channel).self)
      let server = try await UringServerBootstrap(group: group)
        .childChannelOption(.autoRead, value: false)
        .childChannelInitializer { channel in
          accepted.succeed(channel)
          return channel.pipeline.addHandler(log)
        }
        .bind(host: "127.0.0.1", port: 0).get()
      let client = try await group.connect(to: server)
      let child = try await accepted.futureResult.get()
      try await client.executeThenClose { _, outbound in
        try await outbound.write(ByteBuffer(string: "before the end"))
      }
      try await child.closeFuture.get()
      #expect(String(buffer: log.bytes) == "before the end")
      #expect(log.events.suffix(2) == ["inactive", "unregistered"])
      try await server.close()
    }
  }

  @Test(arguments: kernels)
  func nothingIsReadUnlessAskedFor(on kernel: KernelChoice) async throws {
    try await withGroup(kernel) { group in
      let log = EventLog()
      let accepted = group.next().makePromise(of: (any Channel).self)
      let server = try await group.listen { channel in
        accepted.succeed(channel)
        return channel.pipeline.addHandler(log)
      }
      let client = try await group.connect(to: server)
      try await client.executeThenClose { _, outbound in
        let child = try await accepted.futureResult.get()
        try await outbound.write(ByteBuffer(string: "a"))
        while log.bytes.readableBytes < 1 { try await child.eventLoop.passTurn() }
        // Now the receive is armed, and goes on to bring what comes.
        try await child.setOption(.autoRead, value: false).get()
        for _ in 0..<3 { try await outbound.write(ByteBuffer(string: "b")) }
        for _ in 0..<50 { try await child.eventLoop.passTurn() }
        #expect(log.bytes.readableBytes == 1)
        try await child.setOption(.autoRead, value: true).get()
        while log.bytes.readableBytes < 4 { try await child.eventLoop.passTurn() }
      }
      try await server.close()
    }
  }

  @Test func readsOfAFixedSize() async throws {
    try await withGroup { group in
      let log = EventLog()
      let sizes = NIOLockedValueBox<[Int]>([])
      let server = try await UringServerBootstrap(group: group)
        .childChannelOption(
          .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 10)
        )
        .childChannelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandlers(Sizes(sizes), log)
          }
        }
        .bind(host: "127.0.0.1", port: 0).get()
      let client = try await group.connect(to: server)
      try await client.executeThenClose { _, outbound in
        try await outbound.write(ByteBuffer(repeating: 1, count: 95))
        while log.bytes.readableBytes < 95 { try await client.channel.eventLoop.passTurn() }
      }
      #expect(sizes.withLockedValue { $0.allSatisfy { $0 <= 10 } && $0.reduce(0, +) == 95 })
      try await server.close()
    }
  }

  @Test func noDelayOfAUnixSocketPassesSilently() async throws {
    try await withGroup { group in
      let path = UringTestFile.freePath()
      let server = try await UringServerBootstrap(group: group)
        .childChannelInitializer { $0.pipeline.addHandler(EchoHandler()) }
        .bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
      let client = try await UringClientBootstrap(group: group)
        .connect(unixDomainSocketPath: path).get()
      try await client.setOption(.tcpOption(.tcp_nodelay), value: 1).get()
      try await client.close()
      try await server.close()
      _ = try? UringTestFile.remove(path)
    }
  }

  @Test(arguments: kernels)
  func halfClosure(on kernel: KernelChoice) async throws {
    try await withGroup(kernel) { group in
      let log = EventLog()
      let server = try await UringServerBootstrap(group: group)
        .childChannelOption(.allowRemoteHalfClosure, value: true)
        .childChannelInitializer { channel in
          channel.pipeline.addHandlers(AnswerAtEnd(), log)
        }
        .bind(host: "127.0.0.1", port: 0).get()
      let client = try await group.connect(to: server)
      let answer = try await client.executeThenClose { inbound, outbound in
        try await outbound.write(ByteBuffer(string: "question"))
        outbound.finish()
        return try await inbound.reduce(into: ByteBuffer()) {
          var part = $1
          $0.writeBuffer(&part)
        }
      }
      #expect(String(buffer: answer) == "8 bytes")
      try await server.close()
    }
  }

  @Test func reentrantWritesOfPromises() async throws {
    try await withGroup { group in
      let server = try await group.listen { $0.pipeline.addHandler(EchoHandler()) }
      let client = try await UringClientBootstrap(group: group)
        .connect(to: try #require(server.localAddress)).get()
      let all = client.eventLoop.makePromise(of: Int.self)
      client.eventLoop.execute { writeAgain(client, 0, all) }
      #expect(try await all.futureResult.get() == 100)
      try await client.close()
      try await server.close()
    }
  }

  @Test func aFileGoesOut() async throws {
    try await withGroup { group in
      let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
      let path = try UringTestFile.make(bytes)
      let server = try await group.listen { channel in
        channel.eventLoop.makeCompletedFuture {
          let handle = try NIOFileHandle(_deprecatedPath: path)
          let region = FileRegion(fileHandle: handle, readerIndex: 100, endIndex: bytes.count)
          try channel.pipeline.syncOperations.addHandler(SendFile(region))
        }
      }
      let client = try await group.connect(to: server)
      let received = try await client.executeThenClose { inbound, _ in
        try await inbound.reduce(into: ByteBuffer()) {
          var part = $1
          $0.writeBuffer(&part)
        }
      }
      #expect(received.readableBytesView.elementsEqual([1, 2] + bytes[100...] + [3]))
      try await server.close()
      try UringTestFile.remove(path)
    }
  }
}
