// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import NIOCore
import NIOHTTP1
import NIOUring
import NIOWebSocket
import Serving
import Testing
import WebSocketEcho

/// NIOWebSocket on completion loops: the upgrade, and what is said behind it.
@Suite struct WebSocketTests {
  private typealias Client = NIOAsyncChannel<WebSocketFrame, WebSocketFrame>

  @Test(arguments: kernels)
  func echoesMessages(on kernel: KernelChoice) async throws {
    try await withServer(on: kernel, WebSocketEcho.start) { group, server in
      let client = try #require(try await upgrade(to: server, on: group))
      try await client.executeThenClose { inbound, outbound in
        var frames = inbound.makeAsyncIterator()
        try await outbound.write(frame(.text, ByteBuffer(string: "first")))
        expectEqual(try await frames.next()?.text, "first")

        let bytes = pattern(300_000)
        try await outbound.write(frame(.binary, bytes))
        let echoed = try await frames.next()
        let isSame = echoed?.opcode == .binary && echoed?.unmaskedData == bytes
        #expect(isSame)

        try await outbound.write(frame(.text, ByteBuffer(string: "in "), isLast: false))
        try await outbound.write(frame(.continuation, ByteBuffer(string: "two")))
        expectEqual(try await frames.next()?.text, "in two")
      }
    }
  }

  @Test(arguments: kernels)
  func answersPingsAndEnds(on kernel: KernelChoice) async throws {
    try await withServer(on: kernel, WebSocketEcho.start) { group, server in
      let client = try #require(try await upgrade(to: server, on: group))
      try await client.executeThenClose { inbound, outbound in
        var frames = inbound.makeAsyncIterator()
        try await outbound.write(frame(.ping, ByteBuffer(string: "are you there")))
        let pong = try await frames.next()
        #expect(pong?.opcode == .pong)
        #expect(pong?.text == "are you there")

        try await outbound.write(frame(.connectionClose, ByteBuffer(integer: UInt16(1000))))
        expectEqual(try await frames.next()?.opcode, .connectionClose)
        expectEqual(try await frames.next(), nil)
      }
    }
  }

  /// A frame as clients send them: with a mask.
  private func frame(
    _ opcode: WebSocketOpcode, _ bytes: ByteBuffer, isLast: Bool = true
  ) -> WebSocketFrame {
    WebSocketFrame(fin: isLast, opcode: opcode, maskKey: .random(), data: bytes)
  }

  /// Connects, and asks for the upgrade; `nil` if the server does not want it.
  private func upgrade(
    to server: RunningServer, on group: UringEventLoopGroup
  ) async throws -> Client? {
    let upgraded = try await UringClientBootstrap(group: group).connect(to: server.address) {
      channel in
      channel.eventLoop.makeCompletedFuture {
        let upgrader = NIOTypedWebSocketClientUpgrader<Client?>(maxFrameSize: 1 << 20) {
          channel, _ in
          channel.eventLoop.makeCompletedFuture {
            try Client(wrappingChannelSynchronously: channel)
          }
        }
        let head = HTTPRequestHead(
          version: .http1_1, method: .GET, uri: "/", headers: ["host": "localhost"])
        let upgrade = NIOTypedHTTPClientUpgradeConfiguration(
          upgradeRequestHead: head, upgraders: [upgrader]
        ) { $0.eventLoop.makeSucceededFuture(nil) }
        return try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(
          configuration: .init(upgradeConfiguration: upgrade))
      }
    }
    return try await upgraded.get()
  }
}

extension WebSocketFrame {
  /// What the frame carries, as text.
  fileprivate var text: String { String(buffer: unmaskedData) }
}
