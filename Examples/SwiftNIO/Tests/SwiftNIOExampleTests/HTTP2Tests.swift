// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import HelloHTTP2
import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOSSL
import NIOUring
import Serving
import TLSEcho
import Testing

/// NIOHTTP2 on completion loops.
@Suite struct HTTP2Tests {
  private typealias Multiplexer = NIOHTTP2Handler.AsyncStreamMultiplexer<Void>

  @Test(arguments: kernels)
  func streamsOfAConnection(on kernel: KernelChoice) async throws {
    try await withServer(on: kernel, HelloHTTP2.start(on:port:)) { group, server in
      try await askOnStreams(of: try await connect(to: server, on: group, tls: nil))
    }
  }

  @Test(arguments: kernels)
  func streamsThroughTLS(on kernel: KernelChoice) async throws {
    let certificate = try SelfSignedCertificate()
    let context = try certificate.serverContext(protocols: ["h2", "http/1.1"])
    let clientContext = try certificate.clientContext(protocols: ["h2"])
    try await withServer(on: kernel) {
      try await HelloHTTP2.start(on: $0, port: $1, context: context)
    } _: { group, server in
      try await askOnStreams(of: try await connect(to: server, on: group, tls: clientContext))
    }
  }

  /// Has streams ask at the same time, each more than a window holds.
  private func askOnStreams(of connection: Multiplexer) async throws {
    try await withThrowingDiscardingTaskGroup { tasks in
      for number in 1...8 {
        tasks.addTask {
          let stream = try await connection.openStream { channel in
            channel.eventLoop.makeCompletedFuture {
              try channel.pipeline.syncOperations.addHandler(
                HTTP2FramePayloadToHTTP1ClientCodec(httpProtocol: .http))
              return try HTTPClientChannel(wrappingChannelSynchronously: channel)
            }
          }
          try await stream.executeThenClose { inbound, outbound in
            var exchange = HTTPExchange(inbound, outbound)
            if number.isMultiple(of: 2) {
              expectEqual(try await exchange.get("/\(number)"), "hello /\(number)!")
            } else {
              let bytes = pattern(200_000 + number)
              let isSame = try await exchange.post(bytes, in: 30_000) == bytes
              #expect(isSame)
            }
          }
        }
      }
    }
  }

  private func connect(
    to server: RunningServer, on group: UringEventLoopGroup, tls: NIOSSLContext?
  ) async throws -> Multiplexer {
    try await UringClientBootstrap(group: group).connect(to: server.address) { channel in
      channel.eventLoop.makeCompletedFuture {
        let pipeline = channel.pipeline.syncOperations
        if let tls {
          try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: "localhost"))
        }
        return try pipeline.configureAsyncHTTP2Pipeline(
          mode: .client, streamInitializer: { $0.eventLoop.makeSucceededVoidFuture() })
      }
    }
  }
}
