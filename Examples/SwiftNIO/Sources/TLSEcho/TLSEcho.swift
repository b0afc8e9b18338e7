// SPDX-License-Identifier: Apache-2.0

public import NIOCore
public import NIOSSL
public import NIOUring
public import Serving

/// A server that sends back what it receives through TLS, made of NIOSSL as it is.
public enum TLSEcho {
  /// Listens on the loopback interface.
  public static func start(
    on group: UringEventLoopGroup, port: Int, context: NIOSSLContext
  ) async throws -> RunningServer {
    try await group.serve(port: port) { channel in
      channel.eventLoop.makeCompletedFuture {
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(NIOSSLServerHandler(context: context))
        try pipeline.addHandler(EchoHandler())
      }
    }
  }

  /// Prepares connections that NIOSSL protects, through NIO's bootstrap for every transport.
  ///
  /// - Parameters:
  ///   - group: Gets the connections.
  ///   - context: Says whom the client trusts.
  /// - Returns: A bootstrap.
  /// - Throws: `NIOSSLExtraError` of a name that is none.
  public static func clientBootstrap(
    on group: UringEventLoopGroup, context: NIOSSLContext
  ) throws -> NIOClientTCPBootstrap {
    let tls = try NIOSSLClientTLSProvider<UringClientBootstrap>(
      context: context, serverHostname: "localhost")
    return NIOClientTCPBootstrap(UringClientBootstrap(group: group), tls: tls).enableTLS()
  }
}
