// SPDX-License-Identifier: Apache-2.0

internal import CompletionIO

/// Looks up the addresses of a name, with a port, in the time that it has; at least one.
typealias NameLookUp =
  @Sendable (
    _ name: String, _ port: UInt16, _ loop: CompletionLoop, _ timeout: Duration
  ) async throws(SocketError) -> [SocketAddress]

/// The system's look-up.
let systemLookUp: NameLookUp = { name, port, loop, timeout throws(SocketError) in
  try await loop.resolve(host: name, port: port, timeout: timeout)
}
