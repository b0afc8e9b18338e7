// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix

/// SwiftNIO's echo server, as its own example writes it, as a peer.
///
/// It keeps NIO's own receive buffers (2 KiB growing to 64 KiB) unless told a size.
struct NIOEngine: EchoEngine {
  let port: UInt16
  private let group: MultiThreadedEventLoopGroup
  private let listener: any Channel
  private let shared: SharedCounters

  init(_ configuration: EngineConfiguration) throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: configuration.loops)
    let shared = SharedCounters()
    var bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: configuration.backlog)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          shared.accept()
          try channel.pipeline.syncOperations.addHandler(NIOEchoHandler(shared: shared))
        }
      }
      .childChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(.maxMessagesPerRead, value: 16)
    if let bytes = configuration.bufferSize {
      bootstrap = bootstrap.childChannelOption(
        .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: bytes))
    }
    // Connections inherit them.
    if let bytes = configuration.socketBufferSize {
      bootstrap =
        bootstrap
        .serverChannelOption(.socketOption(.so_sndbuf), value: Int(bytes))
        .serverChannelOption(.socketOption(.so_rcvbuf), value: Int(bytes))
    }
    do {
      listener = try bootstrap.bind(
        host: configuration.endpoint.host, port: Int(configuration.endpoint.port)
      ).wait()
    } catch {
      try? group.syncShutdownGracefully()
      guard let failure = error as? IOError else { throw error }
      throw SystemFailure("bind \(configuration.endpoint)", code: failure.errnoCode)
    }
    port = UInt16(clamping: listener.localAddress?.port ?? 0)
    self.group = group
    self.shared = shared
  }

  func counters() -> EngineCounters { shared.snapshot(countingCalls: false) }

  func stop() { try? group.syncShutdownGracefully() }
}

/// Writes back what it reads, and flushes once all that was readable has been read.
final class NIOEchoHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let shared: SharedCounters

  init(shared: SharedCounters) { self.shared = shared }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    shared.receive(unwrapInboundIn(data).readableBytes)
    context.write(data, promise: nil)
  }

  func channelReadComplete(context: ChannelHandlerContext) { context.flush() }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}
