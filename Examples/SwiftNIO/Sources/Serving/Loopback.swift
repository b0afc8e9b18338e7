// SPDX-License-Identifier: Apache-2.0

public import NIOCore
public import NIOUring

extension UringServerBootstrap {
  /// Prepares listeners as all of these examples want them.
  ///
  /// - Parameter group: Listens, and gets the connections.
  /// - Returns: A bootstrap that can be told more.
  public static func forExamples(on group: UringEventLoopGroup) -> UringServerBootstrap {
    UringServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 1024)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
  }
}

extension UringEventLoopGroup {
  /// Listens on the loopback interface.
  ///
  /// - Parameters:
  ///   - port: The port; 0 for any that is free.
  ///   - initializer: Sets up each connection.
  /// - Returns: The server, listening.
  /// - Throws: `IOError` of the kernel when nobody can listen there.
  public func serve(
    port: Int, _ initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
  ) async throws -> RunningServer {
    try RunningServer(
      try await UringServerBootstrap.forExamples(on: self)
        .childChannelInitializer(initializer)
        .bind(host: "127.0.0.1", port: port).get())
  }
}
