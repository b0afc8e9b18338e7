// SPDX-License-Identifier: Apache-2.0

public import NIOCore
public import NIOHTTP1

/// Greets who asks, and gives back the bodies of requests.
public final class HelloHandler: ChannelInboundHandler {
  /// What clients ask.
  public typealias InboundIn = HTTPServerRequestPart
  /// What they are answered.
  public typealias OutboundOut = HTTPServerResponsePart

  private var isLast = false
  private var greeting: ByteBuffer?

  /// Makes a handler of one connection, or of one stream of HTTP/2.
  public init() {}

  /// Answers a part of a request.
  public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch Self.unwrapInboundIn(data) {
    case .head(let head): begin(head, context)
    case .body(let bytes):
      guard greeting == nil else { return }
      context.writeAndFlush(Self.wrapOutboundOut(.body(.byteBuffer(bytes))), promise: nil)
    case .end: end(context)
    }
  }

  /// Ends a connection that does not speak HTTP; NIOHTTP1 has told it so.
  public func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }

  private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
    isLast = !head.isKeepAlive && head.version.major < 2
    var headers = HTTPHeaders()
    if head.method == .GET {
      let bytes = ByteBuffer(string: "hello \(head.uri)!")
      headers.add(name: "content-length", value: "\(bytes.readableBytes)")
      greeting = bytes
    } else if let length = head.headers.first(name: "content-length") {
      headers.add(name: "content-length", value: length)
    }
    if isLast { headers.add(name: "connection", value: "close") }
    let response = HTTPResponseHead(version: head.version, status: .ok, headers: headers)
    context.write(Self.wrapOutboundOut(.head(response)), promise: nil)
  }

  private func end(_ context: ChannelHandlerContext) {
    if let bytes = greeting.take() {
      context.write(Self.wrapOutboundOut(.body(.byteBuffer(bytes))), promise: nil)
    }
    let (isLast, channel) = (isLast, context.channel)
    context.writeAndFlush(Self.wrapOutboundOut(.end(nil))).whenComplete { _ in
      if isLast { channel.close(promise: nil) }
    }
  }
}
