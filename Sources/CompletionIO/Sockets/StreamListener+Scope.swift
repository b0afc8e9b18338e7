// SPDX-License-Identifier: Apache-2.0

extension StreamListener {
  /// Listens on an address while a body runs, and closes the listener when it returns or throws.
  ///
  /// Returns when the listener's sockets are closed. Connections that it has accepted are not its
  /// own: those of ``serve(lingering:onError:_:)`` end with their bodies.
  ///
  /// - Parameters:
  ///   - address: As text, as for ``bind(to:on:options:policy:)-(String,_,_,_)``.
  ///   - group: Each of its loops accepts on its own socket.
  ///   - options: How the sockets are made.
  ///   - policy: What ``accept()`` and accepted connections do when the kernel says "not now".
  ///   - body: Called with the listener, in the calling task.
  /// - Returns: What the body returns.
  /// - Throws: ``SocketError`` when the address cannot be bound; what the body throws.
  public nonisolated(nonsending) static func with<Value>(
    address: String, on group: CompletionLoopGroup, options: SocketOptions = SocketOptions(),
    policy: ResubmissionPolicy? = nil,
    _ body: nonisolated(nonsending) (StreamListener) async throws -> Value
  ) async throws -> Value {
    let listener = try await bind(to: address, on: group, options: options, policy: policy)
    do {
      let value = try await body(listener)
      await listener.close()
      return value
    } catch {
      await listener.close()
      throw error
    }
  }
}

extension StreamConnection {
  /// Connects to an address while a body runs, and closes the connection when it returns or throws.
  ///
  /// Returns when the descriptor is free. When the body returns, queued sends go out first, up to
  /// ``LoopConfiguration/drainTimeLimit``; when it throws they are lost.
  ///
  /// - Parameters:
  ///   - address: As text: `127.0.0.1:7000`, `[::1]:7000` or `unix:/path`.
  ///   - group: The connection belongs to its next loop.
  ///   - timeout: How long connecting may take; `nil` for as long as the kernel tries.
  ///   - options: How the socket is made.
  ///   - policy: What the connect and the connection do when the kernel says "not now".
  ///   - body: Called with the connection, in the calling task.
  /// - Returns: What the body returns.
  /// - Throws: ``SocketError`` when there is no connection; what the body throws.
  public nonisolated(nonsending) static func with<Value>(
    address: String, on group: CompletionLoopGroup, timeout: Duration? = nil,
    options: SocketOptions = SocketOptions(), policy: ResubmissionPolicy? = nil,
    _ body: nonisolated(nonsending) (StreamConnection) async throws -> Value
  ) async throws -> Value {
    let connection = try await connect(
      to: address, on: group, timeout: timeout, options: options, policy: policy)
    do {
      let value = try await body(connection)
      await connection.close()
      return value
    } catch {
      connection.abort()
      await connection.close()
      throw error
    }
  }
}
