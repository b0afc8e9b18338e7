// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOUring
import Testing

/// Many clients at once, each of which does something else to the server.
@Suite struct StormTests {
  @Test(arguments: kernels, 1...3 as ClosedRange<UInt64>)
  func everybodyAtOnce(on kernel: KernelChoice, seed: UInt64) async throws {
    try await withGroup(kernel, loops: 2) { group in
      let server = try await UringServerBootstrap(group: group)
        .childChannelOption(.allowRemoteHalfClosure, value: true)
        .childChannelInitializer { $0.pipeline.addHandlers(EchoHandler(), CloseAtEnd()) }
        .bind(host: "127.0.0.1", port: 0).get()
      var random = SeededNumbers(seed: seed)
      try await withThrowingTaskGroup(of: Void.self) { clients in
        for _ in 0..<120 {
          let client = Client(of: &random)
          clients.addTask { try await client.run(group, server) }
        }
        try await clients.waitForAll()
      }
      // The server has outlived them, and still serves.
      try await echo(100_000, in: 1000, by: group, to: server)
      try await server.close()
    }
  }

  @Test(arguments: kernels)
  func aGroupThatStopsInTheMiddle(on kernel: KernelChoice) async throws {
    for _ in 0..<8 {
      let group = try UringEventLoopGroup(numberOfThreads: 2, kernel: kernel)
      let server = try await group.listen { $0.pipeline.addHandler(EchoHandler()) }
      let address = try #require(server.localAddress)
      let channels = try await withThrowingTaskGroup(of: (any Channel).self) { clients in
        for _ in 0..<20 {
          clients.addTask {
            try await UringClientBootstrap(group: group).connect(to: address).get()
          }
        }
        return try await clients.reduce(into: []) { $0.append($1) }
      }
      // Their promises are kept or failed, and nobody waits for ever.
      let writes = channels.map { $0.writeAndFlush(ByteBuffer(repeating: 1, count: 300_000)) }
      try await group.shutdownGracefully()
      for write in writes { _ = await write.asResult() }
      for channel in channels { try await channel.closeFuture.get() }
    }
  }
}

extension EventLoopFuture where Value: Sendable {
  fileprivate func asResult() async -> Result<Value, any Error> {
    do {
      return .success(try await get())
    } catch {
      return .failure(error)
    }
  }
}

/// One client of a storm.
private struct Client {
  enum Conduct: CaseIterable {
    case echo
    /// Writes, flushes and closes at once.
    case hurry
    /// Resets the connection while bytes are on their way.
    case reset
    /// Ends its half and reads to the end.
    case halfClose
    /// Says nothing and is closed by another thread, twice.
    case silence
    /// Stops and goes on reading while bytes arrive.
    case pauses
  }

  let conduct: Conduct
  let byteCount: Int
  let pieceSize: Int

  init(of random: inout SeededNumbers) {
    conduct = Conduct.allCases.randomElement(using: &random) ?? .echo
    byteCount = Int.random(in: 1...80_000, using: &random)
    pieceSize = Int.random(in: 100...9000, using: &random)
  }

  func run(_ group: UringEventLoopGroup, _ server: any Channel) async throws {
    switch conduct {
    case .echo: try await NIOUringTests.echo(byteCount, in: pieceSize, by: group, to: server)
    case .hurry:
      let channel = try await connect(group, server, Collector(group.next().makePromise()))
      let bytes = ByteBuffer(repeating: 7, count: byteCount)
      try await channel.eventLoop.flatSubmit {
        let write = channel.writeAndFlush(bytes)
        channel.close(promise: nil)
        return write
      }.recover { _ in }.get()
      try await channel.closeFuture.get()
    case .reset:
      let channel = try await connect(group, server, Collector(group.next().makePromise()))
      channel.writeAndFlush(ByteBuffer(repeating: 7, count: byteCount), promise: nil)
      let socket = try #require(channel as? any SocketOptionProvider)
      try await socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
      try await channel.close()
    case .halfClose: try await halfClose(group, server, pauses: false)
    case .silence:
      let channel = try await connect(group, server, Collector(group.next().makePromise()))
      channel.close(promise: nil)
      await #expect(throws: ChannelError.alreadyClosed) { try await channel.close() }
      try await channel.closeFuture.get()
    case .pauses: try await halfClose(group, server, pauses: true)
    }
  }

  private func connect(
    _ group: UringEventLoopGroup, _ server: any Channel, _ collector: Collector
  ) async throws -> any Channel {
    let address = try #require(server.localAddress)
    return try await UringClientBootstrap(group: group)
      .channelOption(.allowRemoteHalfClosure, value: true)
      .channelInitializer { $0.pipeline.addHandler(collector) }
      .connect(to: address).get()
  }

  private func halfClose(
    _ group: UringEventLoopGroup, _ server: any Channel, pauses: Bool
  ) async throws {
    let received = group.next().makePromise(of: ByteBuffer.self)
    let channel = try await connect(group, server, Collector(received))
    let sent = ByteBuffer(bytes: (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 7) })
    for start in stride(from: 0, to: byteCount, by: pieceSize) {
      let length = min(pieceSize, byteCount - start)
      let piece = try #require(sent.getSlice(at: start, length: length))
      if pauses { try await channel.setOption(.autoRead, value: start % 2 == 0).get() }
      try await channel.writeAndFlush(piece)
    }
    try await channel.setOption(.autoRead, value: true).get()
    try await channel.close(mode: .output)
    #expect(try await received.futureResult.get() == sent)
    channel.close(promise: nil)
    try await channel.closeFuture.get()
  }
}

/// Ends its half behind everything that was written, when the peer has ended its own.
private final class CloseAtEnd: ChannelInboundHandler, Sendable {
  typealias InboundIn = ByteBuffer

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard let event = event as? ChannelEvent, event == .inputClosed else { return }
    context.close(mode: .output, promise: nil)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}

/// Keeps what a channel receives, up to the peer's end.
private final class Collector: ChannelInboundHandler, Sendable {
  typealias InboundIn = ByteBuffer

  private let bytes = NIOLockedValueBox(ByteBuffer())
  private let promise: EventLoopPromise<ByteBuffer>

  init(_ promise: EventLoopPromise<ByteBuffer>) { self.promise = promise }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let part = Self.unwrapInboundIn(data)
    bytes.withLockedValue { _ = $0.writeImmutableBuffer(part) }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if let event = event as? ChannelEvent, event == .inputClosed { end() }
  }

  func channelInactive(context: ChannelHandlerContext) { end() }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }

  private func end() { promise.succeed(bytes.withLockedValue { $0 }) }
}
