// SPDX-License-Identifier: Apache-2.0

import CompletionIO

/// What the bodies of the tests throw.
struct Refusal: Error {}

/// Runs a body beside a server on a group of its own, and ends both.
func withServer(
  loops: Int = 1, onError: (@Sendable (StreamConnection, any Error) -> Void)? = nil,
  serving: nonisolated(nonsending) @escaping @Sendable (StreamConnection) async throws -> Void,
  _ body: (CompletionLoopGroup, SocketAddress) async throws -> Void
) async throws {
  try await CompletionLoopGroup.with(count: loops) { group in
    let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
    let server = Task { try await listener.serve(onError: onError, serving) }
    do {
      try await body(group, listener.localAddress)
    } catch {
      await listener.close()
      throw error
    }
    await listener.close()
    try await server.value
  }
}

/// Sends a message to a server and takes it back; returns once the server has closed.
func exchange(
  _ message: String, with address: SocketAddress, on group: CompletionLoopGroup
) async throws -> String {
  let client = try await StreamConnection.connect(to: address, on: group)
  try await client.send(Array(message.utf8).span.bytes)
  try await client.finishSending()
  let bytes = try await client.receiveAll()
  await client.close()
  return String(decoding: bytes, as: UTF8.self)
}
