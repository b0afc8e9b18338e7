// SPDX-License-Identifier: Apache-2.0

import CompletionIO

/// Asks servers, each request within one deadline, and again where that does no harm.
struct HTTPClient: Sendable {
  let pool: ConnectionPool
  /// How long a request may take, its retries included.
  let timeout: Duration
  /// Attempts beside the first.
  let retryLimit: Int

  /// What a request came to.
  struct Answer: Sendable {
    let head: HTTPResponseHead
    let body: [UInt8]
    /// Tells connections of the pool apart.
    let connectionNumber: Int
    /// Whether the connection had carried a request before.
    let isReused: Bool
    let retryCount: Int
  }

  /// The failure of one attempt.
  private struct FailedAttempt: Error {
    let reason: ClientError
    /// Whether the failure came before the first byte of a response, so that nobody has seen one.
    let isFresh: Bool
    /// Whether the connection had waited for this request, perhaps for longer than the server has.
    let wasOnIdleConnection: Bool
  }

  /// Sends a request, and waits for the whole response.
  ///
  /// A request is sent again, on another connection, only if sending it twice does no harm and the
  /// server was lost before it had begun to answer.
  ///
  /// - Throws: ``ClientError``: that of the last attempt.
  func perform(_ request: HTTPRequest) async throws(ClientError) -> Answer {
    try await pool.loop.withDeadline(pool.loop.now + timeout) { () async throws(ClientError) in
      var pause = Duration.milliseconds(20)
      var retryCount = 0
      while true {
        do throws(FailedAttempt) {
          return try await attempt(request, retryCount)
        } catch {
          let mayRepeat = error.isFresh && request.isIdempotent && retryCount < retryLimit
          guard mayRepeat else { throw error.reason }
          // An idle connection that is lost says nothing of the server.
          if !error.wasOnIdleConnection {
            try await sleep(for: pause)
            pause = pause * 2
          }
        }
        retryCount += 1
      }
    }
  }

  /// Pauses before the next attempt.
  private func sleep(for pause: Duration) async throws(ClientError) {
    do {
      try await pool.loop.sleep(for: pause)
    } catch {
      throw error.reason == .timedOut ? .deadline(timeout) : .failed(why: "\(error)")
    }
  }

  private func attempt(
    _ request: HTTPRequest, _ retryCount: Int
  ) async throws(FailedAttempt) -> Answer {
    let host = request.target.host
    let used: PooledConnection
    do throws(SocketError) {
      let idle = retryCount == 0 ? pool.take(to: host) : nil
      if let idle { used = idle } else { used = try await pool.connect(to: host) }
    } catch {
      throw FailedAttempt(
        reason: ClientError(error, of: host, timeout: timeout), isFresh: error.cause == .kernel,
        wasOnIdleConnection: false)
    }
    var exchange = HTTPExchange(on: used.connection)
    do {
      let response = try await exchange.perform(request)
      if response.leavesConnectionFree { pool.putBack(used) } else { used.connection.abort() }
      return Answer(
        head: response.head, body: response.body, connectionNumber: used.number,
        isReused: used.isReused, retryCount: retryCount)
    } catch {
      // Whatever still comes of the response is nobody's.
      used.connection.abort()
      let reason = reason(for: error, host)
      var isFresh = false
      if case .lost = reason { isFresh = !exchange.hasBegun }
      throw FailedAttempt(
        reason: reason, isFresh: isFresh, wasOnIdleConnection: used.isReused)
    }
  }

  private func reason(for error: any Error, _ host: HTTPHost) -> ClientError {
    switch error {
    case let error as ClientError: error
    case let error as SocketError: ClientError(error, of: host, timeout: timeout)
    default: .failed(why: "\(error)")
    }
  }
}
