// SPDX-License-Identifier: Apache-2.0

package import CompletionIO
package import TestSupport
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

/// An echo server on one loop, for a process of its own whose descriptors run out.
package struct LimitedServer: Sendable {
  package let group: CompletionLoopGroup
  package let listener: StreamListener

  package init() async throws {
    group = try CompletionLoopGroup(count: 1)
    listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
  }

  package var loop: CompletionLoop { group.loops[0] }

  package func serve() -> Task<Void, any Error> {
    Task(executorPreference: loop) { try await listener.serve { try await echo($0) } }
  }

  /// Ends, and requires that the loop has not spun.
  package func end(_ serving: Task<Void, any Error>, _ clients: inout [HeldSocket]) async throws {
    let enters = await loop.ask { loop.statistics.enters }
    require(enters < 2000, "the loop spins: \(enters) enters")
    listener.abort()
    clients.removeAll()
    try await serving.value
    await group.close()
  }
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
