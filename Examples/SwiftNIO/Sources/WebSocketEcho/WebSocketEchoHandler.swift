// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOWebSocket

/// Sends back messages, answers pings, and ends the conversation when the client does.
final class WebSocketEchoHandler: ChannelInboundHandler {
  typealias InboundIn = WebSocketFrame
  typealias OutboundOut = WebSocketFrame

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let frame = Self.unwrapInboundIn(data)
    switch frame.opcode {
    case .text, .binary: send(frame.opcode, frame.unmaskedData, context)
    case .ping: send(.pong, frame.unmaskedData, context)
    case .connectionClose:
      let channel = context.channel
      send(.connectionClose, frame.unmaskedData, context).whenComplete { _ in
        channel.close(promise: nil)
      }
    default: break
    }
  }

  @discardableResult private func send(
    _ opcode: WebSocketOpcode, _ bytes: ByteBuffer, _ context: ChannelHandlerContext
  ) -> EventLoopFuture<Void> {
    let frame = WebSocketFrame(fin: true, opcode: opcode, data: bytes)
    return context.writeAndFlush(Self.wrapOutboundOut(frame))
  }
}
