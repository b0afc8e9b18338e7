// SPDX-License-Identifier: Apache-2.0

#if ServiceLifecycle
public import CompletionIO
public import ServiceLifecycle

/// A server as a service of swift-service-lifecycle.
///
/// ```swift
/// let server = StreamService(on: group, at: "127.0.0.1:7000", grace: .seconds(30)) { connection in
///   while let request = try await connection.receiveUnlessDraining() {
///     try await connection.send(request.bytes)
///   }
/// }
/// try await ServiceGroup(
///   services: [server], gracefulShutdownSignals: [.sigterm], logger: logger
/// ).run()
/// ```
///
/// A graceful shutdown drains the group (`CompletionLoopGroup.drain(grace:)`), and cancels the
/// bodies that are left at the end of the grace. The group's loops go on: close the group behind
/// the services.
public struct StreamService: Service {
  private let group: CompletionLoopGroup
  private let grace: Duration
  private let listen: @Sendable () async throws -> StreamListener
  private let serve: @Sendable (StreamListener) async throws -> Void

  /// Describes a server that listens on an address.
  ///
  /// - Parameters:
  ///   - group: Each of its loops accepts on its own socket.
  ///   - address: As text, for example `127.0.0.1:7000`, `:7000` or `unix:/path`.
  ///   - grace: How long connections may take to end by themselves.
  ///   - options: How the sockets are made.
  ///   - limits: What the listener allows its connections.
  ///   - onError: Called on the connection's loop with what a body has thrown.
  ///   - body: Called with each connection, on its loop.
  public init(
    on group: CompletionLoopGroup, at address: String, grace: Duration,
    options: SocketOptions = SocketOptions(), limits: ServeLimits = ServeLimits(),
    onError: (@Sendable (StreamConnection, any Error) -> Void)? = nil,
    _ body: nonisolated(nonsending) @escaping @Sendable (StreamConnection) async throws -> Void
  ) {
    self.init(on: group, grace: grace) {
      try await StreamListener.bind(to: address, on: group, options: options)
    } serve: { listener in
      try await listener.serve(limits: limits, onError: onError, body)
    }
  }

  /// Describes a server of a listener that is made in another way, or served in another.
  ///
  /// - Parameters:
  ///   - group: Is drained by a graceful shutdown, with all of its listeners.
  ///   - grace: How long connections may take to end by themselves.
  ///   - listen: Makes the listener, when the service runs.
  ///   - serve: Serves it until it closes, for example by `StreamListener.serve(lingering:onError:_:)`.
  public init(
    on group: CompletionLoopGroup, grace: Duration,
    listen: @escaping @Sendable () async throws -> StreamListener,
    serve: @escaping @Sendable (StreamListener) async throws -> Void
  ) {
    self.group = group
    self.grace = grace
    self.listen = listen
    self.serve = serve
  }

  /// Serves until the service is shut down.
  ///
  /// - Throws: What making or serving the listener throws.
  public func run() async throws {
    let listener = try await listen()
    try await withThrowingTaskGroup(of: Bool.self) { tasks in
      tasks.addTask {
        try await serve(listener)
        return true
      }
      tasks.addTask {
        // Throws when the service is cancelled, which is no error of its own.
        try? await gracefulShutdown()
        guard !Task.isCancelled else { return false }
        _ = try await group.drain(grace: grace)
        return false
      }
      defer { listener.abort() }
      while let isEnd = try await tasks.next(), !isEnd {
        // Behind the grace; or cancelled, which ends what is served by itself.
        tasks.cancelAll()
      }
      tasks.cancelAll()
    }
  }
}
#endif
