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
