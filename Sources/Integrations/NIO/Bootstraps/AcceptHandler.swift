// SPDX-License-Identifier: Apache-2.0

#if NIO
internal import NIOCore

/// Sets up each connection of a listener on its own loop, before the listener's handlers see it.
final class AcceptHandler: ChannelInboundHandler {
  typealias InboundIn = UringStreamChannel
  typealias InboundOut = UringStreamChannel

  private let setup: ChannelSetup

  init(_ setup: ChannelSetup) {
    self.setup = setup
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is ChannelShouldQuiesceEvent {
      let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
      context.channel.close().whenFailure { bound.value.fireErrorCaught($0) }
    }
    context.fireUserInboundEventTriggered(event)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let child = Self.unwrapInboundIn(data)
    let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
    let setUp =
      child.eventLoop === context.eventLoop ? setup.apply(to: child) : applyElsewhere(child)
    setUp.hop(to: context.eventLoop).whenComplete { result in
      let context = bound.value
      switch result {
      case .success where context.channel.isActive:
        context.fireChannelRead(Self.wrapInboundOut(child))
      case .success:
        child.close(promise: nil)
      case .failure(let error):
        child.close(promise: nil)
        context.fireErrorCaught(error)
      }
    }
  }

  private func applyElsewhere(_ child: UringStreamChannel) -> EventLoopFuture<Void> {
    child.eventLoop.flatSubmit { [setup] in setup.apply(to: child) }
  }
}
#endif
