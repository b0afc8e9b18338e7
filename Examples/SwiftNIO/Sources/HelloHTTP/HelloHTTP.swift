// SPDX-License-Identifier: Apache-2.0

public import NIOCore
internal import NIOHTTP1
public import NIOUring
public import Serving

/// A server of HTTP/1.1, made of NIOHTTP1 as it is.
///
/// A GET is answered with `hello` and its target; other requests get back the body that they have.
public enum HelloHTTP {
  /// Listens on the loopback interface.
  public static func start(
    on group: UringEventLoopGroup, port: Int
  ) async throws -> RunningServer {
    try await group.serve(port: port, configure)
  }

  /// Sets up a connection, in front of which there may be TLS.
  public static func configure(_ channel: any Channel) -> EventLoopFuture<Void> {
    channel.eventLoop.makeCompletedFuture {
      let pipeline = channel.pipeline.syncOperations
      try pipeline.configureHTTPServerPipeline()
      try pipeline.addHandler(HelloHandler())
    }
  }
}
