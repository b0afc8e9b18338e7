// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import NIOCore
import NIOUring
import Testing

/// Keeps the datagrams of a channel, for whoever waits for them.
final class Inbox: ChannelInboundHandler, Sendable {
  typealias InboundIn = AddressedEnvelope<ByteBuffer>

  private struct State {
    var datagrams: [AddressedEnvelope<ByteBuffer>] = []
    var wanted: (count: Int, waiter: CheckedContinuation<Void, Never>)?
  }

  private let state = NIOLockedValueBox(State())

  var count: Int { state.withLockedValue { $0.datagrams.count } }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let datagram = Self.unwrapInboundIn(data)
    let waiter = state.withLockedValue { state -> CheckedContinuation<Void, Never>? in
      state.datagrams.append(datagram)
      guard let wanted = state.wanted, state.datagrams.count >= wanted.count else { return nil }
      state.wanted = nil
      return wanted.waiter
    }
    waiter?.resume()
  }

  /// Waits for so many datagrams since the beginning.
  func take(_ count: Int) async throws -> [AddressedEnvelope<ByteBuffer>] {
    await withCheckedContinuation { waiter in
      let isThere = state.withLockedValue { state -> Bool in
        if state.datagrams.count >= count { return true }
        state.wanted = (count, waiter)
        return false
      }
      if isThere { waiter.resume() }
    }
    return state.withLockedValue { $0.datagrams }
  }
}

/// Sends datagrams back to where they come from.
private final class DatagramEcho: ChannelInboundHandler, Sendable {
  typealias InboundIn = AddressedEnvelope<ByteBuffer>

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    context.write(data, promise: nil)
  }

  func channelReadComplete(context: ChannelHandlerContext) { context.flush() }
}

extension UringEventLoopGroup {
  /// Receives datagrams on a free port.
  func receiver(
    _ host: String = "127.0.0.1",
    _ prepare: (UringDatagramBootstrap) -> UringDatagramBootstrap = { $0 }
  ) async throws -> (Inbox, any Channel) {
    let inbox = Inbox()
    let bootstrap = UringDatagramBootstrap(group: self)
      .channelInitializer { $0.pipeline.addHandler(inbox) }
    return (inbox, try await prepare(bootstrap).bind(host: host, port: 0).get())
  }

  /// Sends datagrams to a receiver.
  func sender(to receiver: any Channel) async throws -> any Channel {
    try await UringDatagramBootstrap(group: self)
      .connect(to: try #require(receiver.localAddress)).get()
  }
}

/// Sends datagrams one after the other to a channel that sends them back, and compares.
func echoDatagrams(_ count: Int, by group: UringEventLoopGroup) async throws {
  let server = try await UringDatagramBootstrap(group: group)
    .channelInitializer { $0.pipeline.addHandler(DatagramEcho()) }
    .bind(to: try SocketAddress(ipAddress: "127.0.0.1", port: 0)).get()
  let inbox = Inbox()
  let client = try await UringDatagramBootstrap(group: group)
    .channelInitializer { $0.pipeline.addHandler(inbox) }
    .connect(to: try #require(server.localAddress)).get()
  for number in 0..<count {
    let data = ByteBuffer(repeating: UInt8(truncatingIfNeeded: number), count: 1 + number * 7)
    try await client.writeAndFlush(data)
    let received = try await inbox.take(number + 1)
    #expect(received.last?.data == data)
    #expect(received.last?.remoteAddress == server.localAddress)
  }
  try await client.close()
  try await server.close()
}
