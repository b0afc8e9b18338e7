// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import HelloHTTP2
import NIOCore
import NIOHTTP1
import NIOSSL
import NIOUring
import Serving
import TLSEcho
import Testing

/// NIOSSL on completion loops, as server and as client.
@Suite struct TLSTests {
  @Test(arguments: kernels)
  func echoesWhatIsEncrypted(on kernel: KernelChoice) async throws {
    let certificate = try SelfSignedCertificate()
    let context = try certificate.serverContext()
    try await withServer(on: kernel) {
      try await TLSEcho.start(on: $0, port: $1, context: context)
    } _: { group, server in
      let client = try await connect(to: server, on: group, context: certificate.clientContext())
      try await client.executeThenClose { inbound, outbound in
        var parts = inbound.makeAsyncIterator()
        for count in [1, 16_384, 1_000_000] {
          let bytes = pattern(count)
          try await outbound.write(bytes)
          let isSame = try await parts.next(count) == bytes
          #expect(isSame)
        }
      }
    }
  }

  @Test(arguments: kernels)
  func aCertificateOfSomebodyElseIsRefused(on kernel: KernelChoice) async throws {
    let context = try SelfSignedCertificate().serverContext()
    let other = try SelfSignedCertificate().clientContext()
    try await withServer(on: kernel) {
      try await TLSEcho.start(on: $0, port: $1, context: context)
    } _: { group, server in
      let client = try await connect(to: server, on: group, context: other)
      let error = await #expect(throws: NIOSSLError.self) {
        try await client.executeThenClose { inbound, outbound in
          // Comes back if the certificate is taken.
          try? await outbound.write(ByteBuffer(string: "x"))
          for try await _ in inbound { break }
        }
      }
      guard case .handshakeFailed = error else {
        Issue.record("the handshake did not fail: \(String(describing: error))")
        return
      }
    }
  }

  @Test(arguments: kernels)
  func servesHTTPToWhoPrefersIt(on kernel: KernelChoice) async throws {
    let certificate = try SelfSignedCertificate()
    let context = try certificate.serverContext(protocols: ["h2", "http/1.1"])
    try await withServer(on: kernel) {
      try await HelloHTTP2.start(on: $0, port: $1, context: context)
    } _: { group, server in
      let clientContext = try certificate.clientContext(protocols: ["http/1.1"])
      let client = try await UringClientBootstrap(group: group).connect(to: server.address) {
        channel in
        channel.eventLoop.makeCompletedFuture {
          let pipeline = channel.pipeline.syncOperations
          try pipeline.addHandler(
            NIOSSLClientHandler(context: clientContext, serverHostname: "localhost"))
          try pipeline.addHTTPClientHandlers()
          return try HTTPClientChannel(wrappingChannelSynchronously: channel)
        }
      }
      try await client.executeThenClose { inbound, outbound in
        var exchange = HTTPExchange(inbound, outbound)
        let answer = try await exchange.get("/secret")
        #expect(answer == "hello /secret!")
      }
    }
  }

  /// Connects through NIO's bootstrap for every transport.
  private func connect(
    to server: RunningServer, on group: UringEventLoopGroup, context: NIOSSLContext
  ) async throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
    let wrapped = group.next().makePromise(of: NIOAsyncChannel<ByteBuffer, ByteBuffer>.self)
    _ = try await TLSEcho.clientBootstrap(on: group, context: context)
      .channelInitializer { channel in
        let client = channel.eventLoop.makeCompletedFuture {
          try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
        }
        client.cascade(to: wrapped)
        return client.map { _ in }
      }
      .connect(to: server.address).get()
    return try await wrapped.futureResult.get()
  }
}
