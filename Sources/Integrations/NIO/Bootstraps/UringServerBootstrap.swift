// SPDX-License-Identifier: Apache-2.0

#if NIO
internal import CompletionIO
public import NIOCore
internal import SystemPackage

/// Makes listening channels on completion loops; used as NIOPosix's `ServerBootstrap` is, which takes
/// no group but its own.
///
/// ```swift
/// let server = try await UringServerBootstrap(group: group)
///   .serverChannelOption(.backlog, value: 1024)
///   .childChannelInitializer { channel in
///     channel.pipeline.configureHTTPServerPipeline()
///   }
///   .bind(host: "::", port: 8080).get()
/// ```
public final class UringServerBootstrap {
  private let group: any EventLoopGroup
  private let childGroup: any EventLoopGroup
  private var server = ChannelSetup.ofStreams
  var child = ChannelSetup.ofStreams

  /// Prepares listeners whose connections are on the loops of the same group.
  ///
  /// - Parameter group: A ``UringEventLoopGroup`` or one of its loops; another ends the program.
  public convenience init(group: any EventLoopGroup) {
    self.init(group: group, childGroup: group)
  }

  /// Prepares listeners.
  ///
  /// - Parameters:
  ///   - group: Listens; a ``UringEventLoopGroup`` or one of its loops; another ends the program.
  ///   - childGroup: Gets the connections; likewise.
  public convenience init(group: any EventLoopGroup, childGroup: any EventLoopGroup) {
    guard let bootstrap = Self.checked(group, childGroup) else {
      preconditionFailure("UringServerBootstrap takes a UringEventLoopGroup or a UringEventLoop")
    }
    self.init(checked: bootstrap.0, bootstrap.1)
  }

  /// Prepares listeners, if the groups are of this library.
  ///
  /// - Parameters:
  ///   - group: Listens.
  ///   - childGroup: Gets the connections; the same group if `nil`.
  public convenience init?(
    validatingGroup group: any EventLoopGroup, childGroup: (any EventLoopGroup)? = nil
  ) {
    guard let groups = Self.checked(group, childGroup ?? group) else { return nil }
    self.init(checked: groups.0, groups.1)
  }

  private init(checked group: any EventLoopGroup, _ childGroup: any EventLoopGroup) {
    self.group = group
    self.childGroup = childGroup
  }

  private static func checked(
    _ group: any EventLoopGroup, _ childGroup: any EventLoopGroup
  ) -> (any EventLoopGroup, any EventLoopGroup)? {
    guard group.nextUringLoop() != nil, childGroup.nextUringLoop() != nil else { return nil }
    return (group, childGroup)
  }

  // MARK: What listeners and connections are like

  /// Sets up each listener before it listens.
  public func serverChannelInitializer(
    _ initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
  ) -> Self {
    server.initializer = initializer
    return self
  }

  /// Sets up each connection before it is active, on its own loop.
  public func childChannelInitializer(
    _ initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
  ) -> Self {
    child.initializer = initializer
    return self
  }

  /// Sets an option of each listener.
  public func serverChannelOption<Option: ChannelOption>(
    _ option: Option, value: Option.Value
  ) -> Self {
    server.options.append(key: option, value: value)
    return self
  }

  /// Sets an option of each connection.
  public func childChannelOption<Option: ChannelOption>(
    _ option: Option, value: Option.Value
  ) -> Self {
    child.options.append(key: option, value: value)
    return self
  }

  /// Takes a limit for a bind, which never waits: there is nothing to limit.
  public func bindTimeout(_ timeout: TimeAmount) -> Self { self }

  // MARK: Listening

  /// Listens on a host's first address.
  public func bind(host: String, port: Int) -> EventLoopFuture<any Channel> {
    bind { try NIOCore.SocketAddress.makeAddressResolvingHost(host, port: port) }
  }

  /// Listens on an address.
  public func bind(to address: NIOCore.SocketAddress) -> EventLoopFuture<any Channel> {
    bind { address }
  }

  /// Listens on a path.
  ///
  /// - Parameters:
  ///   - path: The path.
  ///   - cleanupExistingSocketFile: Whether a socket's file that is there is removed before.
  /// - Returns: The listener, active; ``UnixDomainSocketPathWrongType`` for a file of another kind.
  public func bind(
    unixDomainSocketPath path: String, cleanupExistingSocketFile: Bool = false
  ) -> EventLoopFuture<any Channel> {
    bind { try Self.address(of: path, cleanupExistingSocketFile) }
  }

  /// Listens on a socket that has its address already.
  ///
  /// - Parameter socket: Belongs to the channel from now on.
  /// - Returns: The listener, active.
  public func withBoundSocket(_ socket: NIOBSDSocket.Handle) -> EventLoopFuture<any Channel> {
    setUp { _ in
      (FileDescriptor(rawValue: socket), nil)
    } prepare: { [child] channel in
      try Self.accept(child, on: channel)
    }.map { $0 }
  }

  private func bind(
    _ address: @escaping @Sendable () throws -> NIOCore.SocketAddress
  ) -> EventLoopFuture<any Channel> {
    setUp(at: address) { [child] channel in try Self.accept(child, on: channel) }.map { $0 }
  }

  static func address(of path: String, _ removesFile: Bool) throws -> NIOCore.SocketAddress {
    if removesFile { try SocketFile.remove(path) }
    return try NIOCore.SocketAddress(unixDomainSocketPath: path)
  }

  // MARK: One listener

  static func accept(
    _ child: ChannelSetup, on server: UringServerChannel
  ) throws -> UringServerChannel {
    try server.pipeline.syncOperations.addHandler(AcceptHandler(child), name: "AcceptHandler")
    return server
  }

  func setUp<Result: Sendable>(
    at address: @escaping @Sendable () throws -> NIOCore.SocketAddress,
    prepare: @escaping @Sendable (UringServerChannel) throws -> Result
  ) -> EventLoopFuture<Result> {
    setUp { loop in
      let address = try address()
      return (try loop.makeSocket(for: address), address)
    } prepare: {
      try prepare($0)
    }
  }

  /// Makes a listener, sets it up, and has it listen.
  ///
  /// - Parameters:
  ///   - make: Makes its socket, and says the address that it is to get; `nil` if it has one.
  ///   - prepare: Adds what the bootstrap needs, behind the caller's own handlers.
  /// - Returns: What `prepare` has returned, once the channel listens.
  func setUp<Result: Sendable>(
    _ make: @Sendable (UringEventLoop) throws -> (FileDescriptor, NIOCore.SocketAddress?),
    prepare: @escaping @Sendable (UringServerChannel) throws -> Result
  ) -> EventLoopFuture<Result> {
    let loop = group.nextCheckedLoop()
    let channel: UringServerChannel
    let address: NIOCore.SocketAddress?
    do {
      let (socket, bound) = try make(loop)
      address = bound
      channel = UringServerChannel(socket, on: loop, childGroup: childGroup)
    } catch {
      return loop.makeFailedFuture(error)
    }
    let server = server
    return loop.flatSubmit {
      server.apply(to: channel).flatMap { () -> EventLoopFuture<Result> in
        loop.makeCompletedFuture { try prepare(channel) }.flatMap { result in
          channel.listen(at: address).map { result }
        }
      }.flatMapError { error in
        channel.close0(error: error, mode: .all, promise: nil)
        return loop.makeFailedFuture(error)
      }
    }
  }
}

extension UringServerChannel {
  /// Registers the channel and listens.
  fileprivate func listen(at address: NIOCore.SocketAddress?) -> EventLoopFuture<Void> {
    if let address { return register().flatMap { self.bind(to: address) } }
    let promise = eventLoop.makePromise(of: Void.self)
    registerAlreadyConfigured0(promise: promise)
    return promise.futureResult
  }
}
#endif
