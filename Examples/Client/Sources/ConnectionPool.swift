// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Synchronization

/// A connection that carries one request after another.
struct PooledConnection: Sendable {
  let connection: StreamConnection
  let host: HTTPHost
  /// The first connection of a pool is 1.
  let number: Int
  /// Whether it has carried a request before.
  var isReused = false
}

/// Connections that wait for their next request, up to a limit.
final class ConnectionPool: Sendable {
  /// The loop that the connections belong to.
  let loop: CompletionLoop
  private let idleLimit: Int
  private let state = Mutex(State())

  private struct State {
    /// Least recently used first.
    var idle: [PooledConnection] = []
    var madeCount = 0
  }

  /// Makes an empty pool.
  ///
  /// - Parameters:
  ///   - loop: Has all connections.
  ///   - idleLimit: Connections that may wait; another one closes the oldest of them.
  init(on loop: CompletionLoop, idleLimit: Int) {
    self.loop = loop
    self.idleLimit = idleLimit
  }

  /// Takes the connection that has been used most recently.
  ///
  /// - Returns: `nil` if none to this server waits.
  func take(to host: HTTPHost) -> PooledConnection? {
    state.withLock { state in
      guard let index = state.idle.lastIndex(where: { $0.host == host }) else { return nil }
      var taken = state.idle.remove(at: index)
      taken.isReused = true
      return taken
    }
  }

  /// Connects to a server.
  func connect(to host: HTTPHost) async throws(SocketError) -> PooledConnection {
    let connection = try await StreamConnection.connect(
      host: host.name, port: host.port, on: loop)
    let number = state.withLock { state in
      state.madeCount += 1
      return state.madeCount
    }
    return PooledConnection(connection: connection, host: host, number: number)
  }

  /// Keeps a connection for the next request, behind a response that has been read to its end.
  func putBack(_ connection: PooledConnection) {
    let excess = state.withLock { state -> PooledConnection? in
      state.idle.append(connection)
      return state.idle.count > idleLimit ? state.idle.removeFirst() : nil
    }
    excess?.connection.abort()
  }
}
