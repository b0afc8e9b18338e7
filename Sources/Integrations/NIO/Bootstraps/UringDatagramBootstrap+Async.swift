// SPDX-License-Identifier: Apache-2.0

#if NIO
public import NIOCore

// Channels of datagrams, for async code.
extension UringDatagramBootstrap {
  /// Receives on a host's first address.
  ///
  /// - Parameters:
  ///   - host: The host.
  ///   - port: The port; 0 for any.
  ///   - channelInitializer: Sets up the channel.
  /// - Returns: What the initializer has made of the channel, which is active.
  /// - Throws: `IOError` of the kernel, `SocketAddressError` of a host without an address, or what
  ///   the initializer throws.
  public func bind<Output: Sendable>(
    host: String, port: Int,
    channelInitializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>
  ) async throws -> Output {
    try await bind(at: Self.address(of: host, port), channelInitializer).get()
  }

  /// Receives on an address.
  public func bind<Output: Sendable>(
    to address: SocketAddress,
    channelInitializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>
  ) async throws -> Output {
    try await bind(at: { address }, channelInitializer).get()
  }

  /// Receives on a path.
  public func bind<Output: Sendable>(
    unixDomainSocketPath path: String, cleanupExistingSocketFile: Bool = false,
    channelInitializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>
  ) async throws -> Output {
    try await bind(
      at: { try UringServerBootstrap.address(of: path, cleanupExistingSocketFile) },
      channelInitializer
    ).get()
  }

  /// Sends to a host's first address, and receives from it alone.
  public func connect<Output: Sendable>(
    host: String, port: Int,
    channelInitializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>
  ) async throws -> Output {
    try await connect(to: Self.address(of: host, port), channelInitializer).get()
  }

  /// Sends to an address, and receives from it alone.
  public func connect<Output: Sendable>(
    to address: SocketAddress,
    channelInitializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>
  ) async throws -> Output {
    try await connect(to: { address }, channelInitializer).get()
  }

  /// Sends to a path, and receives from it alone.
  public func connect<Output: Sendable>(
    unixDomainSocketPath path: String,
    channelInitializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>
  ) async throws -> Output {
    try await connect(to: { try SocketAddress(unixDomainSocketPath: path) }, channelInitializer)
      .get()
  }

  /// Makes a channel of a socket that has its address already.
  public func withBoundSocket<Output: Sendable>(
    _ socket: NIOBSDSocket.Handle,
    channelInitializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>
  ) async throws -> Output {
    try await adopt(socket, channelInitializer).get()
  }
}
#endif
