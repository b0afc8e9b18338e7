// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Foundation
import NIOCore
import NIOHTTP1
import NIOUring
import SimulatedKernel
import Testing

/// NIO's own HTTP server on completion loops.
@Suite struct HTTPTests {
  @Test(arguments: kernels) func pipelinedRequestsAreAnsweredInOrder(
    on kernel: KernelChoice
  ) async throws {
    try await withGroup(kernel) { group in
      let server = try await group.listen { channel in
        channel.pipeline.configureHTTPServerPipeline().flatMap {
          channel.pipeline.addHandler(Hello())
        }
      }
      let client = try await group.connect(to: server)
      let text = try await client.executeThenClose { inbound, outbound in
        let requests = (1...20).map { "GET /\($0) HTTP/1.1\r\nHost: here\r\n\r\n" }.joined()
        let last = "GET /end HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"
        try await outbound.write(ByteBuffer(string: requests + last))
        var text = ByteBuffer()
        for try await part in inbound { text.writeImmutableBuffer(part) }
        return String(buffer: text)
      }
      let bodies = text.components(separatedBy: "hello ").dropFirst().map {
        String($0.prefix { $0 != "!" })
      }
      #expect(bodies == (1...20).map { "/\($0)" } + ["/end"])
      try await server.close()
    }
  }

  @Test(arguments: 1...5 as ClosedRange<UInt64>)
  func answersWithoutAKernel(seed: UInt64) throws {
    try Simulation(seed: seed, faults: .sendWouldBlockStorm()).run { loops in
      let group = UringEventLoopGroup(loops)
      let server = try await group.listen { channel in
        channel.pipeline.configureHTTPServerPipeline().flatMap {
          channel.pipeline.addHandler(Hello())
        }
      }
      let client = try await group.connect(to: server)
      try await client.executeThenClose { inbound, outbound in
        let request = "GET /simulated HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"
        try await outbound.write(ByteBuffer(string: request))
        var text = ByteBuffer()
        for try await part in inbound { text.writeImmutableBuffer(part) }
        #expect(String(buffer: text).hasSuffix("hello /simulated!"))
      }
      try await server.close()
    }
  }
}

/// Answers each request with its target.
private final class Hello: ChannelInboundHandler, @unchecked Sendable {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private var target = ""
  private var isLast = false

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch Self.unwrapInboundIn(data) {
    case .head(let head):
      target = head.uri
      isLast = !head.isKeepAlive
    case .body: break
    case .end:
      let body = ByteBuffer(string: "hello \(target)!")
      let headers = HTTPHeaders([("Content-Length", "\(body.readableBytes)")])
      let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: headers)
      context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
      context.write(Self.wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
      let (isLast, channel) = (isLast, context.channel)
      // Behind the last byte: a close at once would fail what the socket has no room for.
      context.writeAndFlush(Self.wrapOutboundOut(.end(nil))).whenComplete { _ in
        if isLast { channel.close(promise: nil) }
      }
    }
  }
}
