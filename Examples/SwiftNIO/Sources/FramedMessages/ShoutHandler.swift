// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// Answers a line with the same in upper case; ends the connection when the server is to end.
final class ShoutHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let line = String(buffer: Self.unwrapInboundIn(data))
    let answer = ByteBuffer(string: line.uppercased() + "\n")
    context.writeAndFlush(Self.wrapOutboundOut(answer), promise: nil)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is ChannelShouldQuiesceEvent {
      let goodbye = ByteBuffer(string: "BYE\n")
      let channel = context.channel
      context.writeAndFlush(Self.wrapOutboundOut(goodbye)).whenComplete { _ in
        channel.close(promise: nil)
      }
    }
    context.fireUserInboundEventTriggered(event)
  }
}
