// SPDX-License-Identifier: Apache-2.0

#if Tracing
public import CompletionIO
public import Tracing

/// Wraps the body of a served connection in a span.
///
/// ```swift
/// try await listener.serve(traced("chat") { connection in … })
/// ```
///
/// The span is of the kind `.server`, begins and ends with the body, and carries the connection's
/// addresses by the names of OpenTelemetry (`network.peer.address`, `network.peer.port`,
/// `network.local.address`, `network.local.port`, `network.transport`). An error that the body
/// throws is recorded. Spans that the body starts are its children.
///
/// - Parameters:
///   - operationName: Of the span.
///   - tracer: Makes the span; the one that swift-distributed-tracing was set up with if `nil`.
///   - body: Called with each connection.
/// - Returns: The body to serve with.
public func traced(
  _ operationName: String, tracer: (any Tracer)? = nil,
  _ body: nonisolated(nonsending) @escaping @Sendable (StreamConnection) async throws -> Void
) -> nonisolated(nonsending) @Sendable (StreamConnection) async throws -> Void {
  { connection in
    let tracer = tracer ?? InstrumentationSystem.tracer
    try await tracer.withSpan(operationName, ofKind: .server) { span in
      span.updateAttributes { $0.describe(connection) }
      try await body(connection)
    }
  }
}
#endif
