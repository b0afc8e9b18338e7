// SPDX-License-Identifier: Apache-2.0

internal import Uring

/// One deadline for all receives of one call of a reader; begins with the first of them.
struct ReadDeadline {
  private let timeout: Duration?
  private let connection: StreamConnection
  private var hasBegun = false

  init(_ timeout: Duration?, _ connection: StreamConnection) {
    self.timeout = timeout
    self.connection = connection
  }

  /// Receives what has come, or waits for it until the deadline.
  mutating nonisolated(nonsending) func receive() async throws(SocketError) -> BufferLease? {
    guard let timeout else { return try await connection.receive() }
    if !hasBegun {
      connection.stream.onLoop { $0.setReadDeadline(timeout) }
      hasBegun = true
    }
    return try await connection.receiveInTime()
  }

  /// Ends the deadline.
  mutating func end() {
    guard hasBegun else { return }
    connection.stream.onLoop { $0.removeReadDeadline() }
    hasBegun = false
  }

  /// Ends the deadline, and says why nothing was read.
  mutating func end(_ cause: SocketError.Cause, byteCount: Int) -> SocketError {
    end()
    return SocketError(
      .receive, cause == .tooLong ? .messageTooLong : .noData, cause: cause,
      peer: connection.peerAddress, byteCount: byteCount)
  }
}

extension StreamConnection {
  /// Receives, unless the reader's deadline has passed since the last receive.
  nonisolated(nonsending) func receiveInTime() async throws(SocketError) -> BufferLease? {
    guard stream.loop.isCurrent else {
      return try await stream.loop.isolation.run { _ throws(SocketError) in
        try await self.receiveInTime()
      }
    }
    if mustLetOthersGoOn { await letOthersGoOn() }
    if stream.isPastReadDeadline { throw stream.error(.receive, StreamFailure(.timedOut)) }
    return try await receive()
  }
}
