// SPDX-License-Identifier: Apache-2.0

internal import CompletionIO
internal import ShadowsocksProtocol

/// What is sent on a sealed connection.
struct SealedOutput: Sendable {
  private let connection: StreamConnection
  private var sealer: ChunkSealer

  init(_ connection: StreamConnection, _ secret: SharedSecret, _ salts: SaltRegister) {
    self.connection = connection
    sealer = ChunkSealer(secret, salt: salts.own())
  }

  /// Seals bytes, and returns when they are out.
  mutating func send(_ bytes: [UInt8]) async throws(TunnelError) {
    let sealed = sealer.seal(bytes)
    try await TunnelError.onSealedSide { () throws(SocketError) in
      try await connection.send(sealed)
    }
  }

  /// Ends the direction behind what was sent.
  func finish() async throws(TunnelError) {
    try await TunnelError.onSealedSide { () throws(SocketError) in
      try await connection.finishSending()
    }
  }
}
