// SPDX-License-Identifier: Apache-2.0

internal import CompletionIO
internal import ShadowsocksProtocol

/// What a sealed connection receives, opened.
struct SealedInput: Sendable {
  private let connection: StreamConnection
  private let salts: SaltRegister
  private var opener: ChunkOpener
  private var isAdmitted = false

  init(_ connection: StreamConnection, _ secret: SharedSecret, _ salts: SaltRegister) {
    self.connection = connection
    self.salts = salts
    opener = ChunkOpener(secret)
  }

  /// Receives the next payload; `nil` at the end of the stream.
  ///
  /// A copy of an earlier stream is refused before any of its payload is given out. A salt is
  /// taken with the first payload, when the peer has proved to know the key.
  mutating func next() async throws(TunnelError) -> [UInt8]? {
    while let bytes = try await receive() {
      let payload = try TunnelError.refusing { () throws(ShadowsocksError) in
        try open(bytes)
      }
      if !payload.isEmpty { return payload }
    }
    try TunnelError.refusing { () throws(ShadowsocksError) in try opener.finish() }
    return nil
  }

  private mutating func open(_ bytes: [UInt8]) throws(ShadowsocksError) -> [UInt8] {
    let payload = try opener.open(bytes)
    if !isAdmitted, !payload.isEmpty, let salt = opener.salt {
      try salts.admit(salt)
      isAdmitted = true
    }
    return payload
  }

  private func receive() async throws(TunnelError) -> [UInt8]? {
    try await TunnelError.onSealedSide { () throws(SocketError) in
      guard let lease = try await connection.receive() else { return nil }
      return [UInt8](lease)
    }
  }
}
