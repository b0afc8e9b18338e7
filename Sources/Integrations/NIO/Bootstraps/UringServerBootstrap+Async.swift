// SPDX-License-Identifier: Apache-2.0

#if NIO
public import NIOCore
internal import SystemPackage

// Listening, for async code.
extension UringServerBootstrap {
  /// Listens on a host's first address, and gives the connections as a sequence.
  ///
  /// - Parameters:
  ///   - host: The host.
  ///   - port: The port; 0 for any.
  ///   - serverBackPressureStrategy: How many connections may wait for the caller.
  ///   - childChannelInitializer: Sets up each connection; its result is what the sequence has.
  /// - Returns: The listener, active, with its connections.
  /// - Throws: `IOError` of the kernel, `SocketAddressError` of a host without an address.
  public func bind<Output: Sendable>(
    host: String, port: Int,
    serverBackPressureStrategy: NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark? =
      nil,
    childChannelInitializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>
  ) async throws -> NIOAsyncChannel<Output, Never> {
    try await bind(
      to: try NIOCore.SocketAddress.makeAddressResolvingHost(host, port: port),
      serverBackPressureStrategy: serverBackPressureStrategy,
      childChannelInitializer: childChannelInitializer)
  }

  /// Listens on a path, and gives the connections as a sequence.
  public func bind<Output: Sendable>(
    unixDomainSocketPath path: String, cleanupExistingSocketFile: Bool = false,
    serverBackPressureStrategy: NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark? =
      nil,
    childChannelInitializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>
  ) async throws -> NIOAsyncChannel<Output, Never> {
    try await bind(
      to: try Self.address(of: path, cleanupExistingSocketFile),
      serverBackPressureStrategy: serverBackPressureStrategy,
      childChannelInitializer: childChannelInitializer)
  }

  /// Listens on an address, and gives the connections as a sequence.
  public func bind<Output: Sendable>(
    to address: NIOCore.SocketAddress,
    serverBackPressureStrategy: NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark? =
      nil,
    childChannelInitializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>
  ) async throws -> NIOAsyncChannel<Output, Never> {
    let child = child
    return try await setUp(at: { address }) { channel in
      try Self.sequence(of: channel, child, serverBackPressureStrategy, childChannelInitializer)
    }.get()
  }

  /// Listens on a socket that has its address already, and gives the connections as a sequence.
  public func bind<Output: Sendable>(
    _ socket: NIOBSDSocket.Handle,
    serverBackPressureStrategy: NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark? =
      nil,
    childChannelInitializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>
  ) async throws -> NIOAsyncChannel<Output, Never> {
    let child = child
    return try await setUp { _ in
      (FileDescriptor(rawValue: socket), nil)
    } prepare: { channel in
      try Self.sequence(of: channel, child, serverBackPressureStrategy, childChannelInitializer)
    }.get()
  }

  private static func sequence<Output: Sendable>(
    of server: UringServerChannel, _ child: ChannelSetup,
    _ strategy: NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark?,
    _ initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>
  ) throws -> NIOAsyncChannel<Output, Never> {
    _ = try accept(child, on: server)
    return try NIOAsyncChannel<Output, Never>._wrapAsyncChannelWithTransformations(
      wrappingChannelSynchronously: server, backPressureStrategy: strategy,
      channelReadTransformation: { channel in
        channel.eventLoop.flatSubmit { initializer(channel) }
      })
  }
}
#endif
