// SPDX-License-Identifier: Apache-2.0

internal import CompletionIO
public import HummingbirdCore
public import Logging
public import NIOCore
public import NIOUring
internal import Serving

/// What Hummingbird's `Server` does, on completion loops: its own takes NIOPosix's groups only.
///
/// What handles a connection runs on the thread of the connection's loop, so that nothing that it
/// waits for on the loop comes from another thread.
public struct UringServer<ChildChannel: ServerChildChannel>: Sendable {
  private let setup: ChildChannel
  private let logger: Logger

  /// Prepares a server.
  ///
  /// - Parameters:
  ///   - setup: Sets up each connection, and handles it.
  ///   - logger: Is handed to the connections.
  public init(_ setup: ChildChannel, logger: Logger) {
    self.setup = setup
    self.logger = logger
  }

  /// Listens on the loopback interface until the task is cancelled.
  ///
  /// - Parameters:
  ///   - group: Listens, and gets the connections.
  ///   - port: The port; 0 for any that is free.
  ///   - onListening: Called with the address once the server listens.
  /// - Throws: `IOError` of the kernel when nobody can listen there.
  public func run(
    on group: UringEventLoopGroup, port: Int,
    onListening: @Sendable (NIOCore.SocketAddress) -> Void
  ) async throws {
    let listener = try await UringServerBootstrap.forExamples(on: group)
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .bind(host: "127.0.0.1", port: port) { [setup, logger] in
        setup.setup(channel: $0, logger: logger)
      }
    onListening(try listener.channel.boundAddress)
    try await withThrowingDiscardingTaskGroup { tasks in
      try await listener.executeThenClose { connections in
        for try await connection in connections {
          let loop = (connection.channel.eventLoop as? UringEventLoop)?.loop
          tasks.addTask(executorPreference: loop) { [setup, logger] in
            await setup.handle(value: connection, logger: logger)
          }
        }
      }
    }
  }
}
