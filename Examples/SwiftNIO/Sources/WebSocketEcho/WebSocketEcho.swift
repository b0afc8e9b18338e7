// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
public import NIOUring
internal import NIOWebSocket
public import Serving

/// A WebSocket server that sends back each message, made of NIOWebSocket as it is.
public enum WebSocketEcho {
  /// How long a message may be, in bytes.
  public static let maximumMessageSize = 1 << 20

  /// Listens on the loopback interface; every target can be upgraded.
  public static func start(
    on group: UringEventLoopGroup, port: Int
  ) async throws -> RunningServer {
    try await group.serve(port: port, configure)
  }

  private static func configure(_ channel: any Channel) -> EventLoopFuture<Void> {
    channel.eventLoop.makeCompletedFuture {
      let upgrader = NIOWebSocketServerUpgrader(maxFrameSize: maximumMessageSize) { channel, _ in
        channel.eventLoop.makeSucceededFuture([:])
      } upgradePipelineHandler: { channel, _ in
        channel.eventLoop.makeCompletedFuture { try addHandlers(to: channel) }
      }
      try channel.pipeline.syncOperations.configureHTTPServerPipeline(
        withServerUpgrade: (upgraders: [upgrader], completionHandler: { _ in }))
    }
  }

  private static func addHandlers(to channel: any Channel) throws {
    try channel.pipeline.syncOperations.addHandlers([
      NIOWebSocketFrameAggregator(
        minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: 1000,
        maxAccumulatedFrameSize: maximumMessageSize),
      WebSocketEchoHandler(),
    ])
  }
}
