// SPDX-License-Identifier: Apache-2.0

#if NIO
internal import CompletionIO
public import NIOCore
internal import SystemPackage

/// Connects channels on completion loops; used as NIOPosix's `ClientBootstrap` is, which takes no
/// group but its own.
///
/// ```swift
/// let channel = try await UringClientBootstrap(group: group)
///   .channelInitializer { $0.pipeline.addHandler(Lines()) }
///   .connect(host: "localhost", port: 7000).get()
/// ```
///
/// Of a host with several addresses the first that answers is taken (Happy Eyeballs, RFC 8305).
public final class UringClientBootstrap: NIOClientTCPBootstrapProtocol {
  private let group: any EventLoopGroup
  private var setup = ChannelSetup.ofStreams
  private var timeout = TimeAmount.seconds(10)
  private var localAddress: NIOCore.SocketAddress?

  /// Prepares connections.
  ///
  /// - Parameter group: A ``UringEventLoopGroup`` or one of its loops; another ends the program.
  public convenience init(group: any EventLoopGroup) {
    guard group.nextUringLoop() != nil else {
      preconditionFailure("UringClientBootstrap takes a UringEventLoopGroup or a UringEventLoop")
    }
    self.init(checked: group)
  }

  /// Prepares connections, if the group is of this library.
  ///
  /// - Parameter group: Gets the connections.
  public convenience init?(validatingGroup group: any EventLoopGroup) {
    guard group.nextUringLoop() != nil else { return nil }
    self.init(checked: group)
  }

  private init(checked group: any EventLoopGroup) {
    self.group = group
  }

  // MARK: What connections are like

  /// Sets up each channel before it connects; of a host with several addresses, each that is tried.
  public func channelInitializer(
    _ initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
  ) -> Self {
    setup.initializer = initializer
    return self
  }

  /// Adds handlers in front of those of the initializer.
  public func protocolHandlers(
    _ handlers: @escaping @Sendable () -> [any ChannelHandler]
  ) -> Self {
    setup.protocolHandlers = handlers
    return self
  }

  /// Sets an option of each channel.
  public func channelOption<Option: ChannelOption>(
    _ option: Option, value: Option.Value
  ) -> Self {
    setup.options.append(key: option, value: value)
    return self
  }

  // swift-format-ignore: NoLeadingUnderscores
  /// Sets options that have the same name on every platform.
  public func _applyChannelConvenienceOptions(
    _ options: inout ChannelOptions.TCPConvenienceOptions
  ) -> Self {
    if options.consumeAllowLocalEndpointReuse().isSet {
      setup.options.append(key: .socketOption(.so_reuseaddr), value: 1)
    }
    if options.consumeDisableAutoRead().isSet {
      setup.options.append(key: .autoRead, value: false)
    }
    if options.consumeAllowRemoteHalfClosure().isSet {
      setup.options.append(key: .allowRemoteHalfClosure, value: true)
    }
    return self
  }

  /// Limits how long a connect may take; ten seconds unless set.
  public func connectTimeout(_ timeout: TimeAmount) -> Self {
    self.timeout = timeout
    return self
  }

  /// Has connections come from an address.
  public func bind(to address: NIOCore.SocketAddress) -> Self {
    localAddress = address
    return self
  }

  // MARK: Connecting

  /// Connects to a host.
  public func connect(host: String, port: Int) -> EventLoopFuture<any Channel> {
    connect(host: host, port: port) { $0.eventLoop.makeSucceededFuture($0) }
  }

  /// Connects to an address.
  public func connect(to address: NIOCore.SocketAddress) -> EventLoopFuture<any Channel> {
    connect(to: { address }) { $0.eventLoop.makeSucceededFuture($0) }
  }

  /// Connects to a path.
  public func connect(unixDomainSocketPath: String) -> EventLoopFuture<any Channel> {
    connect(to: { try NIOCore.SocketAddress(unixDomainSocketPath: unixDomainSocketPath) }) {
      $0.eventLoop.makeSucceededFuture($0)
    }
  }

  /// Makes a channel of a socket that is connected already.
  ///
  /// - Parameter socket: Belongs to the channel from now on.
  /// - Returns: The channel, active; the error of the first step that failed.
  public func withConnectedSocket(_ socket: NIOBSDSocket.Handle) -> EventLoopFuture<any Channel> {
    adopt(socket) { $0.eventLoop.makeSucceededFuture($0) }
  }

  // MARK: Connecting, for async code

  /// Connects to a host.
  ///
  /// - Parameters:
  ///   - host: The host.
  ///   - port: The port.
  ///   - channelInitializer: Sets up each channel that is tried.
  /// - Returns: What the initializer has made of the channel that is connected.
  /// - Throws: ``HostConnectError``, `ChannelError.connectTimeout`, or what the initializer throws.
  public func connect<Output: Sendable>(
    host: String, port: Int,
    channelInitializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>
  ) async throws -> Output {
    try await connect(host: host, port: port, channelInitializer).get()
  }

  /// Connects to an address.
  public func connect<Output: Sendable>(
    to address: NIOCore.SocketAddress,
    channelInitializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>
  ) async throws -> Output {
    try await connect(to: { address }, channelInitializer).get()
  }

  /// Connects to a path.
  public func connect<Output: Sendable>(
    unixDomainSocketPath: String,
    channelInitializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>
  ) async throws -> Output {
    try await connect(
      to: { try NIOCore.SocketAddress(unixDomainSocketPath: unixDomainSocketPath) },
      channelInitializer
    ).get()
  }

  /// Makes a channel of a socket that is connected already.
  public func withConnectedSocket<Output: Sendable>(
    _ socket: NIOBSDSocket.Handle,
    channelInitializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>
  ) async throws -> Output {
    try await adopt(socket, channelInitializer).get()
  }

  // MARK: One channel

  private func connect<Output: Sendable>(
    to address: () throws -> NIOCore.SocketAddress,
    _ initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>
  ) -> EventLoopFuture<Output> {
    let loop = group.nextCheckedLoop()
    let channel: UringStreamChannel
    let target: NIOCore.SocketAddress
    do {
      target = try address()
      channel = UringStreamChannel(try loop.makeSocket(for: target), on: loop, parent: nil)
    } catch {
      return loop.makeFailedFuture(error)
    }
    let steps = ConnectSteps(setup, timeout: timeout, from: localAddress, initializer)
    return loop.flatSubmit { steps.connect(channel, to: target) }
  }

  private func connect<Output: Sendable>(
    host: String, port: Int,
    _ initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>
  ) -> EventLoopFuture<Output> {
    let loop = group.nextCheckedLoop()
    let promise = loop.makePromise(of: Output.self)
    // The time is that of all attempts together.
    let steps = ConnectSteps(setup, timeout: nil, from: localAddress, initializer)
    let timeout = timeout
    loop.execute {
      HostConnection(host, port, on: loop, promise) { address in
        (try? loop.makeSocket(for: address)).map {
          UringStreamChannel($0, on: loop, parent: nil)
        }
      } connect: { channel, address in
        steps.connect(channel, to: address)
      }.start(timeout: timeout)
    }
    return promise.futureResult
  }

  private func adopt<Output: Sendable>(
    _ socket: NIOBSDSocket.Handle,
    _ initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>
  ) -> EventLoopFuture<Output> {
    let loop = group.nextCheckedLoop()
    let channel = UringStreamChannel(FileDescriptor(rawValue: socket), on: loop, parent: nil)
    let steps = ConnectSteps(setup, timeout: nil, from: nil, initializer)
    return loop.flatSubmit { steps.activate(channel) }
  }
}
#endif
