// SPDX-License-Identifier: Apache-2.0

public import NIOCore
internal import NIOExtras
public import NIOUring
public import Serving

/// Servers whose messages NIOExtras frames, and which it ends without breaking a conversation off.
public enum FramedMessages {
  /// Listens on the loopback interface; sends back each line, with its letters in upper case.
  ///
  /// - Returns: The server; to stop it has each connection end with `BYE`, and waits for all.
  public static func startLines(
    on group: UringEventLoopGroup, port: Int
  ) async throws -> RunningServer {
    try await start(on: group, port: port) { channel in
      channel.eventLoop.makeCompletedFuture {
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(ByteToMessageHandler(LineBasedFrameDecoder()))
        try pipeline.addHandler(ShoutHandler())
      }
    }
  }

  /// Listens on the loopback interface; sends back each message, whose length goes before it.
  ///
  /// - Returns: The server; to stop it waits until the clients have ended their connections.
  public static func startLengths(
    on group: UringEventLoopGroup, port: Int
  ) async throws -> RunningServer {
    try await start(on: group, port: port) { channel in
      channel.eventLoop.makeCompletedFuture {
        try addLengthCodec(to: channel)
        try channel.pipeline.syncOperations.addHandler(EchoHandler())
      }
    }
  }

  /// Has a channel's messages go behind their length, of four bytes.
  public static func addLengthCodec(to channel: any Channel) throws {
    let pipeline = channel.pipeline.syncOperations
    let decoder = LengthFieldBasedFrameDecoder(lengthFieldBitLength: .fourBytes)
    try pipeline.addHandler(ByteToMessageHandler(decoder))
    try pipeline.addHandler(LengthFieldPrepender(lengthFieldBitLength: .fourBytes))
  }

  private static func start(
    on group: UringEventLoopGroup, port: Int,
    _ initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
  ) async throws -> RunningServer {
    let quiescing = ServerQuiescingHelper(group: group)
    let listener = try await UringServerBootstrap.forExamples(on: group)
      .serverChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            quiescing.makeServerChannelHandler(channel: channel))
        }
      }
      .childChannelInitializer(initializer)
      .bind(host: "127.0.0.1", port: port).get()
    return RunningServer(at: try listener.boundAddress) {
      let ended = listener.eventLoop.makePromise(of: Void.self)
      quiescing.initiateShutdown(promise: ended)
      try await ended.futureResult.get()
    }
  }
}
