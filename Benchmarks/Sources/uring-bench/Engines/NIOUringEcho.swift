// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import NIOCore
import NIOUring

/// SwiftNIO's echo server with the same handler, on completion loops.
struct NIOUringEngine: EchoEngine {
  let port: UInt16
  private let group: UringEventLoopGroup
  private let listener: any Channel
  private let shared: SharedCounters

  init(_ configuration: EngineConfiguration) throws {
    let group = try UringEventLoopGroup(numberOfThreads: configuration.loops)
    let shared = SharedCounters()
    var bootstrap = UringServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: configuration.backlog)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          shared.accept()
          try channel.pipeline.syncOperations.addHandler(NIOEchoHandler(shared: shared))
        }
      }
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
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
