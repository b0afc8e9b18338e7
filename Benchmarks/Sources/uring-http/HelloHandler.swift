// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1

/// Answers every request of NIOHTTP1's pipeline with the same text.
///
/// The answers of one read are flushed together, or each by itself, as web frameworks do.
final class HelloHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let body = ByteBuffer(string: "Hello, world!")
  private let headers = HTTPHeaders([
    ("Content-Type", "text/plain"), ("Content-Length", "13"),
  ])
  private let flushesEach: Bool
  private var isKeptAlive = true

  init(flushesEach: Bool) { self.flushesEach = flushesEach }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch Self.unwrapInboundIn(data) {
    case .head(let head): isKeptAlive = head.isKeepAlive
    case .body: break
    case .end:
      let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: headers)
      context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
      context.write(Self.wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
      let end = Self.wrapOutboundOut(.end(nil))
      if isKeptAlive {
        return flushesEach
          ? context.writeAndFlush(end, promise: nil) : context.write(end, promise: nil)
      }
      let channel = context.channel
      context.writeAndFlush(end).whenComplete { _ in channel.close(promise: nil) }
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) { context.flush() }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}

/// Answers what the scanner finds, with nothing between it and the channel.
final class BareHelloHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private var scanner = RequestScanner()
  /// By their count, shared by all channels.
  private let answers: [ByteBuffer]

  init(_ answers: [ByteBuffer]) { self.answers = answers }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let bytes = Self.unwrapInboundIn(data)
    do {
      let found = try unsafe bytes.withUnsafeReadableBytes {
        try unsafe scanner.scan(ByteView($0))
      }
      var left = found.requestCount
      while left > 0 {
        let count = min(left, answers.count - 1)
        context.write(Self.wrapOutboundOut(answers[count]), promise: nil)
        left -= count
      }
      if found.closes { context.close(promise: nil) }
    } catch {
      context.close(promise: nil)
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) { context.flush() }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}
