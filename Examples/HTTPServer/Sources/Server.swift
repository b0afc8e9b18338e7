// SPDX-License-Identifier: Apache-2.0

import CompletionIO

/// One service behind a listener, in one of two styles.
struct Server: Sendable {
  private let listener: StreamListener
  private let service: Service
  private let limits: ServerLimits

  init(_ listener: StreamListener, _ service: Service, _ limits: ServerLimits = ServerLimits()) {
    self.listener = listener
    self.service = service
    self.limits = limits
  }

  /// Serves; with tasks until the listener closes, with handlers from now on.
  func serve(in style: Options.Style) async throws(SocketError) {
    switch style {
    case .tasks: try await TaskServing(service: service, limits: limits).serve(listener)
    case .handlers: try HandlerServing(service: service, limits: limits).serve(listener)
    }
  }

  /// Answers the requests that have begun, closes all connections, and closes the group.
  ///
  /// - Returns: How many connections were not done at the end of the grace.
  func end(_ group: CompletionLoopGroup, grace: Duration) async throws(LoopError) -> Int {
    service.beginToEnd()
    return try await group.shutdown(grace: grace)
  }
}
