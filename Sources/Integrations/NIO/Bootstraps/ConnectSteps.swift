// SPDX-License-Identifier: Apache-2.0

#if NIO
internal import NIOCore

/// The steps from a new channel to a connected one; on the channel's loop.
struct ConnectSteps<Output: Sendable>: Sendable {
  private let setup: ChannelSetup
  private let localAddress: NIOCore.SocketAddress?
  private let initializer: @Sendable (any Channel) -> EventLoopFuture<Output>

  /// - Parameters:
  ///   - setup: What the bootstrap does with each channel.
  ///   - timeout: How long the connect may take; `nil` for as long as the kernel tries.
  ///   - localAddress: Where connections come from; `nil` for the kernel's choice.
  ///   - initializer: The caller's own, which runs last.
  init(
    _ setup: ChannelSetup, timeout: TimeAmount?, from localAddress: NIOCore.SocketAddress?,
    _ initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>
  ) {
    var setup = setup
    if let timeout { setup.options.append(key: .connectTimeout, value: timeout) }
    self.setup = setup
    self.localAddress = localAddress
    self.initializer = initializer
  }

  /// Sets a channel up and connects it.
  func connect(
    _ channel: UringStreamChannel, to address: NIOCore.SocketAddress
  ) -> EventLoopFuture<Output> {
    prepare(channel) {
      channel.register().flatMap { [localAddress] in
        localAddress.map { channel.bind(to: $0) } ?? channel.eventLoop.makeSucceededVoidFuture()
      }.flatMap { channel.connect(to: address) }
    }
  }

  /// Sets a channel up whose socket is connected already.
  func activate(_ channel: UringStreamChannel) -> EventLoopFuture<Output> {
    prepare(channel) {
      let promise = channel.eventLoop.makePromise(of: Void.self)
      channel.registerAlreadyConfigured0(promise: promise)
      return promise.futureResult
    }
  }

  private func prepare(
    _ channel: UringStreamChannel, _ begin: @escaping @Sendable () -> EventLoopFuture<Void>
  ) -> EventLoopFuture<Output> {
    setup.apply(to: channel).flatMap { [initializer] in
      initializer(channel)
    }.flatMap { output in
      begin().map { output }
    }.flatMapError { error in
      channel.close0(error: error, mode: .all, promise: nil)
      return channel.eventLoop.makeFailedFuture(error)
    }
  }
}
#endif
