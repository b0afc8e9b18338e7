import ArgumentParser
import CompletionIO
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOUring

/// A plain-text HTTP server of SwiftNIO's own parts, on its event loops or on completion loops.
@main
struct UringHTTP: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "uring-http",
    abstract: "Serves \"Hello, world!\" with NIOHTTP1: what Scripts/compare-http measures.")

  enum Group: String, ExpressibleByArgument, CaseIterable {
    case posix, uring, readiness
  }

  @Option(help: "The event loops: posix (NIOPosix), uring, or readiness (NIOUring without a ring).")
  var group = Group.posix

  @Option(help: "The port of the loopback interface.")
  var port = 0

  @Option(help: "Event loops.")
  var loops = 1

  @Option(help: "Seconds until the server ends by itself.")
  var maxSeconds = 600

  func run() throws {
    let initializer: @Sendable (any Channel) -> EventLoopFuture<Void> = { channel in
      channel.eventLoop.makeCompletedFuture {
        try channel.pipeline.syncOperations.configureHTTPServerPipeline()
        try channel.pipeline.syncOperations.addHandler(HelloHandler())
      }
    }
    let server: any Channel
    switch group {
    case .posix:
      server = try ServerBootstrap(group: MultiThreadedEventLoopGroup(numberOfThreads: loops))
        .serverChannelOption(.backlog, value: 4096)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
        .childChannelInitializer(initializer)
        .bind(host: "127.0.0.1", port: port).wait()
    case .uring, .readiness:
      let group = try UringEventLoopGroup(
        numberOfThreads: loops, kernel: group == .uring ? .ring : .readiness)
      server = try UringServerBootstrap(group: group)
        .serverChannelOption(.backlog, value: 4096)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .childChannelInitializer(initializer)
        .bind(host: "127.0.0.1", port: port).wait()
    }
    print("port=\(server.localAddress?.port ?? 0)")
    fflush(nil)
    server.eventLoop.scheduleTask(in: .seconds(Int64(maxSeconds))) { server.close(promise: nil) }
    try server.closeFuture.wait()
  }
}

/// Answers every request with the same text.
private final class HelloHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let body = ByteBuffer(string: "Hello, world!")
  private let headers = HTTPHeaders([
    ("Content-Type", "text/plain"), ("Content-Length", "13"),
  ])
  private var isKeptAlive = true

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch Self.unwrapInboundIn(data) {
    case .head(let head): isKeptAlive = head.isKeepAlive
    case .body: break
    case .end:
      let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: headers)
      context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
      context.write(Self.wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
      let end = Self.wrapOutboundOut(.end(nil))
      guard !isKeptAlive else { return context.write(end, promise: nil) }
      let channel = context.channel
      context.writeAndFlush(end).whenComplete { _ in channel.close(promise: nil) }
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) { context.flush() }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}
