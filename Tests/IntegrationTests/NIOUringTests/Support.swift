// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import NIOConcurrencyHelpers
import NIOCore
import NIOUring
import Testing

/// The kinds of kernel that tests run on.
let kernels: [KernelChoice] = [.ring, .readiness]

/// Runs a body with a group of event loops, which is shut down behind it.
@discardableResult
func withGroup<Result>(
  _ kernel: KernelChoice = .automatic, loops: Int = 1,
  _ body: (UringEventLoopGroup) async throws -> Result
) async throws -> Result {
  let group = try UringEventLoopGroup(numberOfThreads: loops, kernel: kernel)
  do {
    let result = try await body(group)
    try await group.shutdownGracefully()
    return result
  } catch {
    try await group.shutdownGracefully()
    throw error
  }
}

/// Notes what a channel tells its handlers, by names.
final class EventLog: ChannelInboundHandler, Sendable {
  typealias InboundIn = ByteBuffer

  private let entries = NIOLockedValueBox<[String]>([])
  private let received = NIOLockedValueBox<ByteBuffer>(ByteBuffer())

  var events: [String] { entries.withLockedValue { $0 } }
  var bytes: ByteBuffer { received.withLockedValue { $0 } }

  func note(_ event: String) { entries.withLockedValue { $0.append(event) } }

  func channelRegistered(context: ChannelHandlerContext) { note("registered") }
  func channelActive(context: ChannelHandlerContext) {
    note("active")
    context.fireChannelActive()
  }
  func channelInactive(context: ChannelHandlerContext) { note("inactive") }
  func channelUnregistered(context: ChannelHandlerContext) { note("unregistered") }
  func errorCaught(context: ChannelHandlerContext, error: any Error) { note("error") }
  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    note("read")
    let bytes = Self.unwrapInboundIn(data)
    received.withLockedValue { _ = $0.writeImmutableBuffer(bytes) }
  }
  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if let event = event as? ChannelEvent { note("\(event)") }
  }
}

/// Sends back what it receives.
final class EchoHandler: ChannelInboundHandler, Sendable {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    context.write(data, promise: nil)
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    context.flush()
  }
}

extension UringEventLoopGroup {
  /// Listens on a free port of the loopback interface.
  func listen(
    _ initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
  ) async throws -> any Channel {
    try await UringServerBootstrap(group: self).childChannelInitializer(initializer)
      .bind(host: "127.0.0.1", port: 0).get()
  }

  /// Connects to a listener of this machine, for async code.
  func connect(
    to server: any Channel
  ) async throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
    let address = try #require(server.localAddress)
    return try await UringClientBootstrap(group: self).connect(to: address) { channel in
      channel.eventLoop.makeCompletedFuture {
        try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
          wrappingChannelSynchronously: channel,
          configuration: .init(isOutboundHalfClosureEnabled: true))
      }
    }
  }
}
