public import NIOCore

/// Sends back what it receives.
public final class EchoHandler: ChannelInboundHandler, Sendable {
  public typealias InboundIn = ByteBuffer
  public typealias OutboundOut = ByteBuffer

  /// Makes a handler, which any number of channels may share.
  public init() {}

  public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    context.write(data, promise: nil)
  }

  public func channelReadComplete(context: ChannelHandlerContext) {
    context.flush()
  }
}
