// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1

/// Answers every request of NIOHTTP1's pipeline with the same text.
final class HelloHandler: ChannelInboundHandler {
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

/// Answers what the scanner finds, with nothing between it and the channel.
final class BareHelloHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private var scanner = RequestScanner()
  private let answers: [ByteBuffer]

  init(_ answers: Answers) {
    self.answers = (0...16).map { ByteBuffer(bytes: answers[$0]) }
  }

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
