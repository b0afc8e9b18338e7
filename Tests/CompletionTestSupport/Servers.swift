// SPDX-License-Identifier: Apache-2.0

package import CompletionIO
package import Uring

/// Runs a body while a listener serves every connection with `session`, then ends both.
package func withServer<Result>(
  on group: CompletionLoopGroup, at address: String = "127.0.0.1:0",
  options: SocketOptions = SocketOptions(), policy: ResubmissionPolicy? = nil,
  _ session: nonisolated(nonsending) @escaping @Sendable (StreamConnection) async throws -> Void,
  _ body: (SocketAddress) async throws -> Result
) async throws -> Result {
  let listener = try await StreamListener.bind(
    to: address, on: group, options: options, policy: policy)
  let serving = Task { try await listener.serve(session) }
  do {
    let result = try await body(listener.localAddress)
    listener.abort()
    try await serving.value
    return result
  } catch {
    serving.cancel()
    _ = await serving.result
    throw error
  }
}

/// Runs a body while a listener echoes, then ends both.
package func withEcho<Result>(
  on group: CompletionLoopGroup, options: SocketOptions = SocketOptions(),
  _ body: (SocketAddress) async throws -> Result
) async throws -> Result {
  try await withServer(on: group, options: options, { try await echo($0) }, body)
}

/// Sends back what comes, to the end of the stream.
package func echo(_ connection: StreamConnection) async throws(SocketError) {
  while let chunk = try await connection.receive() { try await connection.send(chunk.bytes) }
}

/// A name for a Unix-domain socket without a file.
package func abstractName() -> String {
  "unix:@swift-uring-test-\(UInt64.random(in: 0 ... .max))"
}

extension SocketOptions {
  /// Less room in the kernel than by default, and enough for TCP to be quick: a window that is
  /// smaller than a segment waits for the sender's probes.
  package static var snug: Self {
    var options = Self()
    options.sendBufferByteCount = 1 << 17
    options.receiveBufferByteCount = 1 << 17
    return options
  }

  /// As little room in the kernel as it allows, so that a peer that does not read is felt soon.
  package static var tight: Self {
    var options = Self()
    options.sendBufferByteCount = 4096
    options.receiveBufferByteCount = 4096
    return options
  }
}
