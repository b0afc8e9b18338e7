// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CompletionIO
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOUring

/// Plain-text HTTP servers that differ in what carries them.
@main
struct UringHTTP: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "uring-http",
    abstract: "Serves \"Hello, world!\": what Scripts/compare-http measures.")

  enum Server: String, ExpressibleByArgument, CaseIterable {
    /// NIOHTTP1 on NIOPosix, on NIOUring, and on NIOUring without a ring.
    case posix, uring, readiness
    /// A small parser on a bare channel of NIOPosix and of NIOUring.
    case posixBare = "posix-bare"
    case uringBare = "uring-bare"
    /// The same parser on this package's streams.
    case tasks, handlers
  }

  @Option(help: "What serves: posix, uring, readiness, posix-bare, uring-bare, tasks, handlers.")
  var server = Server.posix

  @Option(help: "The port of the loopback interface.")
  var port = 0

  @Option(help: "Event loops.")
  var loops = 1

  @Flag(help: "Flush each answer of NIOHTTP1's pipeline by itself.")
  var flushEachAnswer = false

  @Option(help: "Seconds until the server ends by itself.")
  var maxSeconds = 600

  func run() async throws {
    switch server {
    case .posix, .uring, .readiness:
      try await serve(on: server) { [flushEachAnswer] channel in
        try channel.pipeline.syncOperations.configureHTTPServerPipeline()
        try channel.pipeline.syncOperations.addHandler(HelloHandler(flushesEach: flushEachAnswer))
      }
    case .posixBare, .uringBare:
      let texts = Answers()
      let answers = (0...16).map { ByteBuffer(bytes: texts[$0]) }
      try await serve(on: server) { channel in
        try channel.pipeline.syncOperations.addHandler(BareHelloHandler(answers))
      }
    case .tasks, .handlers:
      try await serveCompletions()
    }
  }

  private func tellPort(_ port: Int) {
    print("port=\(port)")
    fflush(nil)
  }

  private func serve(
    on server: Server, _ prepare: @escaping @Sendable (any Channel) throws -> Void
  ) async throws {
    let initializer: @Sendable (any Channel) -> EventLoopFuture<Void> = { channel in
      channel.eventLoop.makeCompletedFuture { try prepare(channel) }
    }
    let listener: any Channel
    switch server {
    case .posix, .posixBare:
      listener = try await ServerBootstrap(
        group: MultiThreadedEventLoopGroup(numberOfThreads: loops)
      )
      .serverChannelOption(.backlog, value: 4096)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelInitializer(initializer)
      .bind(host: "127.0.0.1", port: port).get()
    default:
      let group = try UringEventLoopGroup(
        numberOfThreads: loops, kernel: server == .readiness ? .readiness : .ring)
      listener = try await UringServerBootstrap(group: group)
        .serverChannelOption(.backlog, value: 4096)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .childChannelInitializer(initializer)
        .bind(host: "127.0.0.1", port: port).get()
    }
    tellPort(listener.localAddress?.port ?? 0)
    listener.eventLoop.scheduleTask(in: .seconds(Int64(maxSeconds))) {
      listener.close(promise: nil)
    }
    try await listener.closeFuture.get()
  }

  private func serveCompletions() async throws {
    let group = try CompletionLoopGroup(count: loops)
    let listener = try await StreamListener.bind(to: "127.0.0.1:\(port)", on: group)
    tellPort(Int(listener.localAddress.port ?? 0))
    let limit = Task {
      try await Task.sleep(for: .seconds(maxSeconds))
      await group.close()
    }
    defer { limit.cancel() }
    if server == .tasks {
      try await CompletionHello.serveWithTasks(listener)
    } else {
      try CompletionHello.serveWithHandlers(listener)
      try await Task.sleep(for: .seconds(maxSeconds))
    }
  }
}
