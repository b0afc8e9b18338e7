// SPDX-License-Identifier: Apache-2.0

package import CompletionIO

/// Both ends of a connection.
package struct ConnectionPair {
  package let near: StreamConnection
  package let far: StreamConnection

  package init(
    on group: CompletionLoopGroup, at address: String = "127.0.0.1:0",
    options: SocketOptions = SocketOptions(), policy: ResubmissionPolicy? = nil
  ) async throws {
    let listener = try await StreamListener.bind(to: address, on: group, options: options)
    near = try await StreamConnection.connect(
      to: listener.localAddress, on: group.loops[0], options: options)
    far = try await listener.accept()
    // Not with the connect, of which a policy that shows would-block answers gives EINPROGRESS.
    if let policy { near.setPolicy(policy) }
    listener.abort()
  }

  package func close() async {
    near.abort()
    far.abort()
    await near.close()
    await far.close()
  }
}

/// Runs a body with both ends of a connection on loops of its own, then closes them.
package func withPair<Result>(
  loops count: Int = 1, at address: String = "127.0.0.1:0",
  options: SocketOptions = SocketOptions(), policy: ResubmissionPolicy? = nil,
  _ change: (inout LoopConfiguration) -> Void = { _ in },
  _ body: (_ near: StreamConnection, _ far: StreamConnection) async throws -> Result
) async throws -> Result {
  try await withLoops(count, change) { group in
    let pair = try await ConnectionPair(on: group, at: address, options: options, policy: policy)
    let result = try await body(pair.near, pair.far)
    await pair.close()
    return result
  }
}
