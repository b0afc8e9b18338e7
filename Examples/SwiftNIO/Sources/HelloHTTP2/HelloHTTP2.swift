// SPDX-License-Identifier: Apache-2.0

internal import HelloHTTP
internal import NIOCore
internal import NIOHTTP2
public import NIOSSL
public import NIOUring
public import Serving

/// A server of HTTP/2, made of NIOHTTP2 as it is; each stream is served as ``HelloHTTP`` does.
public enum HelloHTTP2 {
  /// Listens on the loopback interface to clients that know that it speaks HTTP/2.
  public static func start(
    on group: UringEventLoopGroup, port: Int
  ) async throws -> RunningServer {
    try await group.serve(port: port, configure)
  }

  /// Listens on the loopback interface through TLS, and speaks what the client prefers.
  ///
  /// - Parameters:
  ///   - group: Listens, and gets the connections.
  ///   - port: The port; 0 for any that is free.
  ///   - context: Names `h2` and `http/1.1` as protocols.
  /// - Returns: The server, listening.
  /// - Throws: `IOError` of the kernel when nobody can listen there.
  public static func start(
    on group: UringEventLoopGroup, port: Int, context: NIOSSLContext
  ) async throws -> RunningServer {
    try await group.serve(port: port) { channel in
      channel.eventLoop.makeCompletedFuture {
        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
      }.flatMap {
        channel.configureHTTP2SecureUpgrade(
          h2ChannelConfigurator: configure, http1ChannelConfigurator: HelloHTTP.configure)
      }
    }
  }

  private static func configure(_ channel: any Channel) -> EventLoopFuture<Void> {
    channel.configureHTTP2Pipeline(
      mode: .server, connectionConfiguration: .init(), streamConfiguration: .init()
    ) { stream in
      stream.eventLoop.makeCompletedFuture {
        let pipeline = stream.pipeline.syncOperations
        try pipeline.addHandler(HTTP2FramePayloadToHTTP1ServerCodec())
        try pipeline.addHandler(HelloHandler())
      }
    }.map { _ in }
  }
}
