// SPDX-License-Identifier: Apache-2.0

#if NIO
internal import CompletionIO
public import NIOCore
internal import SystemPackage
internal import Uring

/// Makes channels of datagrams on completion loops; used as NIOPosix's `DatagramBootstrap` is, which
/// takes no group but its own.
///
/// ```swift
/// let channel = try await UringDatagramBootstrap(group: group)
///   .channelInitializer { $0.pipeline.addHandler(Names()) }
///   .bind(host: "127.0.0.1", port: 5353).get()
/// ```
public final class UringDatagramBootstrap {
  private let group: any EventLoopGroup
  private var setup = ChannelSetup()

  /// Prepares channels.
  ///
  /// - Parameter group: A ``UringEventLoopGroup`` or one of its loops; another ends the program.
  public convenience init(group: any EventLoopGroup) {
    guard group.nextUringLoop() != nil else {
      preconditionFailure("UringDatagramBootstrap takes a UringEventLoopGroup or a UringEventLoop")
    }
    self.init(checked: group)
  }

  /// Prepares channels, if the group is of this library.
  ///
  /// - Parameter group: Gets the channels.
  public convenience init?(validatingGroup group: any EventLoopGroup) {
    guard group.nextUringLoop() != nil else { return nil }
    self.init(checked: group)
  }

  private init(checked group: any EventLoopGroup) {
    self.group = group
  }

  // MARK: What channels are like

  /// Sets up each channel before it has its address.
  public func channelInitializer(
    _ initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
  ) -> Self {
    setup.initializer = initializer
    return self
  }

  /// Sets an option of each channel.
  public func channelOption<Option: ChannelOption>(
    _ option: Option, value: Option.Value
  ) -> Self {
    setup.options.append(key: option, value: value)
    return self
  }

  // MARK: Making channels

  /// Receives on a host's first address.
  public func bind(host: String, port: Int) -> EventLoopFuture<any Channel> {
    bind(at: Self.address(of: host, port), Self.channel)
  }

  /// Receives on an address.
  public func bind(to address: NIOCore.SocketAddress) -> EventLoopFuture<any Channel> {
    bind(at: { address }, Self.channel)
  }

  /// Receives on a path.
  ///
  /// - Parameters:
  ///   - path: The path.
  ///   - cleanupExistingSocketFile: Whether a socket's file that is there is removed before.
  /// - Returns: The channel, active; ``UnixDomainSocketPathWrongType`` for a file of another kind.
  public func bind(
    unixDomainSocketPath path: String, cleanupExistingSocketFile: Bool = false
  ) -> EventLoopFuture<any Channel> {
    bind(
      at: { try UringServerBootstrap.address(of: path, cleanupExistingSocketFile) }, Self.channel)
  }

  /// Sends to a host's first address, and receives from it alone.
  public func connect(host: String, port: Int) -> EventLoopFuture<any Channel> {
    connect(to: Self.address(of: host, port), Self.channel)
  }

  /// Sends to an address, and receives from it alone.
  public func connect(to address: NIOCore.SocketAddress) -> EventLoopFuture<any Channel> {
    connect(to: { address }, Self.channel)
  }

  /// Sends to a path, and receives from it alone.
  public func connect(unixDomainSocketPath path: String) -> EventLoopFuture<any Channel> {
    connect(to: { try NIOCore.SocketAddress(unixDomainSocketPath: path) }, Self.channel)
  }

  /// Makes a channel of a socket that has its address already.
  ///
  /// - Parameter socket: Belongs to the channel from now on.
  /// - Returns: The channel, active.
  public func withBoundSocket(_ socket: NIOBSDSocket.Handle) -> EventLoopFuture<any Channel> {
    adopt(socket, Self.channel)
  }

  // MARK: Steps

  static var channel: @Sendable (any Channel) -> EventLoopFuture<any Channel> {
    { $0.eventLoop.makeSucceededFuture($0) }
  }

  static func address(
    of host: String, _ port: Int
  ) -> @Sendable () throws -> NIOCore.SocketAddress {
    { try NIOCore.SocketAddress.makeAddressResolvingHost(host, port: port) }
  }

  func bind<Output: Sendable>(
    at address: () throws -> NIOCore.SocketAddress,
    _ initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>
  ) -> EventLoopFuture<Output> {
    start(at: address, initializer) { $0.bind(to: $1) }
  }

  func connect<Output: Sendable>(
    to address: () throws -> NIOCore.SocketAddress,
    _ initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>
  ) -> EventLoopFuture<Output> {
    start(at: address, initializer) { $0.connect(to: $1) }
  }

  func adopt<Output: Sendable>(
    _ socket: NIOBSDSocket.Handle,
    _ initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>
  ) -> EventLoopFuture<Output> {
    let loop = group.nextCheckedLoop()
    let socket = FileDescriptor(rawValue: socket)
    let family = (try? loop.loop.socketCalls.localAddress(of: socket))?.family
    guard let family else {
      loop.loop.closeNow(socket)
      return loop.makeFailedFuture(IOError(.badFileDescriptor, "getsockname"))
    }
    let channel = UringDatagramChannel(socket, family: family, on: loop)
    return setUp(channel, initializer) {
      let promise = loop.makePromise(of: Void.self)
      channel.registerAlreadyConfigured0(promise: promise)
      return promise.futureResult
    }
  }

  private func start<Output: Sendable>(
    at address: () throws -> NIOCore.SocketAddress,
    _ initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>,
    _ step: @escaping @Sendable (any Channel, NIOCore.SocketAddress) -> EventLoopFuture<Void>
  ) -> EventLoopFuture<Output> {
    let loop = group.nextCheckedLoop()
    do {
      let address = try address()
      let family = Int32(address.protocol.rawValue)
      let socket = try makeSocket(of: family, on: loop)
      let channel = UringDatagramChannel(socket, family: family, on: loop)
      return setUp(channel, initializer) {
        channel.register().flatMap { step(channel, address) }
      }
    } catch {
      return loop.makeFailedFuture(error)
    }
  }

  private func setUp<Output: Sendable>(
    _ channel: UringDatagramChannel,
    _ initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>,
    _ start: @escaping @Sendable () -> EventLoopFuture<Void>
  ) -> EventLoopFuture<Output> {
    let setup = setup
    return channel.eventLoop.flatSubmit {
      setup.apply(to: channel).flatMap { initializer(channel) }.flatMap { output in
        start().map { output }
      }.flatMapError { error in
        channel.close0(error: error, mode: .all, promise: nil)
        return channel.eventLoop.makeFailedFuture(error)
      }
    }
  }

  private func makeSocket(
    of family: Int32, on loop: UringEventLoop
  ) throws -> FileDescriptor {
    do throws(Errno) {
      return try loop.loop.socketCalls.makeDatagramSocket(family: family)
    } catch {
      throw IOError(error, "socket")
    }
  }
}
#endif
