// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// Sends back what it receives.
public final class EchoHandler: ChannelInboundHandler, Sendable {
  /// Bytes.
  public typealias InboundIn = ByteBuffer
  /// The same bytes.
  public typealias OutboundOut = ByteBuffer

  /// Makes a handler, which any number of channels may share.
  public init() {}

  /// Writes what has come.
  public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    context.write(data, promise: nil)
  }

  /// Has the channel send what has been written.
  public func channelReadComplete(context: ChannelHandlerContext) {
    context.flush()
  }
}
