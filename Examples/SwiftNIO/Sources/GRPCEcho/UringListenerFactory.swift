// SPDX-License-Identifier: Apache-2.0

public import GRPCNIOTransportHTTP2
public import NIOCore
public import NIOUring
internal import Serving

/// Listens with completion loops for gRPC's HTTP/2 transport.
public struct UringListenerFactory: HTTP2ServerTransport.ListenerFactory {
  private let group: UringEventLoopGroup
  private let port: Int

  /// Prepares a listener on the loopback interface.
  ///
  /// - Parameters:
  ///   - group: Listens, and gets the connections.
  ///   - port: The port; 0 for any that is free.
  public init(group: UringEventLoopGroup, port: Int) {
    self.group = group
    self.port = port
  }

  /// The group that listens.
  public var eventLoopGroup: any EventLoopGroup { group }

  /// Listens.
  ///
  /// - Parameters:
  ///   - listenerConfigurator: Sets up the listener.
  ///   - connectionConfigurator: Sets up each connection.
  /// - Returns: The listener, with its connections.
  /// - Throws: `IOError` of the kernel when nobody can listen there.
  public func makeListeningChannel(
    listenerConfigurator: HTTP2ServerTransport.ListenerConfigurator,
    connectionConfigurator: HTTP2ServerTransport.ConnectionConfigurator
  ) async throws -> NIOAsyncChannel<
    HTTP2ServerTransport.ConnectionConfigurator.ConnectionChannel, Never
  > {
    try await UringServerBootstrap.forExamples(on: group)
      .serverChannelInitializer { listenerConfigurator.configure(channel: $0) }
      .bind(host: "127.0.0.1", port: port) {
        connectionConfigurator.configure(channel: $0, tls: .none)
      }
  }
}
