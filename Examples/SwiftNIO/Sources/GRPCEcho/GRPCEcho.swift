// SPDX-License-Identifier: Apache-2.0

internal import GRPCCore
public import GRPCNIOTransportHTTP2
public import NIOCore
public import NIOUring
public import Serving

/// A gRPC server that sends back messages, and the transport of its clients.
public enum GRPCEcho {
  /// Listens on the loopback interface.
  ///
  /// - Returns: The server; to stop it lets calls end that have begun.
  public static func start(
    on group: UringEventLoopGroup, port: Int
  ) async throws -> RunningServer {
    let transport = HTTP2ServerTransport.Custom(
      listenerFactory: UringListenerFactory(group: group, port: port))
    let server = GRPCServer(transport: transport, services: [EchoService()])
    let serving = Task { try await server.serve() }
    guard let port = await transport.listeningAddress?.ipv4?.port else {
      try await serving.value
      throw NoAddress()
    }
    let address = try NIOCore.SocketAddress(ipAddress: "127.0.0.1", port: port)
    return RunningServer(at: address) {
      server.beginGracefulShutdown()
      try await serving.value
    }
  }

  /// Connects a transport for a `GRPCClient`.
  ///
  /// - Parameters:
  ///   - address: Where the server listens.
  ///   - group: Gets the connection.
  /// - Returns: The transport, connected.
  /// - Throws: `IOError` of the kernel when nobody listens there.
  public static func clientTransport(
    to address: NIOCore.SocketAddress, on group: UringEventLoopGroup
  ) async throws -> HTTP2ClientTransport.WrappedChannel {
    try await .wrapping { configure in
      try await UringClientBootstrap(group: group).connect(to: address) { configure($0) }
    }
  }
}
