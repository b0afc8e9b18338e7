// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import HTTPTypes
import HelloHummingbird
import HummingbirdCore
import NIOCore
import NIOHTTP1
import NIOUring
import Serving
import Testing

/// Hummingbird's connections on completion loops.
@Suite struct HummingbirdTests {
  @Test(arguments: kernels)
  func severalRequestsOfAConnection(on kernel: KernelChoice) async throws {
    try await withServer(on: kernel, HelloHummingbird.start(on:port:)) { group, server in
      for _ in 0..<4 { try await converse(with: server, by: group) }
      try await server.stop()
    }
  }

  @Test(arguments: kernels)
  func connectionsAreHandledOnTheirOwnLoop(on kernel: KernelChoice) async throws {
    try await withServer(on: kernel) { group, port in
      try await HelloHummingbird.start(on: group, port: port) { _, writer, channel in
        let isOnLoop = channel.eventLoop.inEventLoop
        let text = ByteBuffer(string: "on its loop: \(isOnLoop)")
        let response = Response(status: .ok, body: ResponseBody(byteBuffer: text))
        try await writer.write(response: response.head, body: response.body)
      }
    } _: { group, server in
      for _ in 0..<4 {
        let client = try await connect(to: server, on: group)
        try await client.executeThenClose { inbound, outbound in
          var exchange = HTTPExchange(inbound, outbound)
          for _ in 0..<3 {
            let answer = try await exchange.get("/")
            #expect(answer == "on its loop: true")
          }
        }
      }
    }
  }

  private func connect(
    to server: RunningServer, on group: UringEventLoopGroup
  ) async throws -> HTTPClientChannel {
    try await UringClientBootstrap(group: group).connect(to: server.address) { channel in
      channel.eventLoop.makeCompletedFuture {
        try channel.pipeline.syncOperations.addHTTPClientHandlers()
        return try HTTPClientChannel(wrappingChannelSynchronously: channel)
      }
    }
  }
}
