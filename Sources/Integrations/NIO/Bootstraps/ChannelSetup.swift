// SPDX-License-Identifier: Apache-2.0

#if NIO
internal import CompletionIO
internal import NIOCore
internal import SystemPackage
internal import Uring

/// What a bootstrap does with each channel that it makes.
struct ChannelSetup: Sendable {
  var options = ChannelOptions.Storage()
  var initializer: (@Sendable (any Channel) -> EventLoopFuture<Void>)?
  var protocolHandlers: (@Sendable () -> [any ChannelHandler])?

  /// With TCP_NODELAY on, unless it is said otherwise, as it is with NIOPosix.
  static var ofStreams: Self {
    var setup = Self()
    setup.options.append(key: .tcpOption(.tcp_nodelay), value: 1)
    return setup
  }

  /// Sets the options and runs the initializer; on the channel's loop.
  func apply(to channel: UringChannel) -> EventLoopFuture<Void> {
    let loop = channel.eventLoop
    return options.applyAllChannelOptions(to: channel).flatMap { [initializer] in
      initializer?(channel) ?? loop.makeSucceededVoidFuture()
    }.flatMapThrowing { [protocolHandlers] in
      guard let protocolHandlers else { return }
      try channel.pipeline.syncOperations.addHandlers(protocolHandlers(), position: .first)
    }
  }
}

extension UringEventLoop {
  /// Makes a stream socket for an address, in blocking mode, as completion loops want them.
  func makeSocket(for address: NIOCore.SocketAddress) throws -> FileDescriptor {
    try makeSocket(of: Int32(address.protocol.rawValue))
  }

  /// Makes a stream socket of a family.
  func makeSocket(of family: Int32) throws -> FileDescriptor {
    do throws(Errno) {
      return try loop.socketCalls.makeSocket(family: family)
    } catch {
      throw IOError(error, "socket")
    }
  }
}
#endif
