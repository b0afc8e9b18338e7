// SPDX-License-Identifier: Apache-2.0

/// Makes one direction of a stream: a salt, then chunks.
///
/// A chunk is the length of its payload, the length's tag, the payload, and the payload's tag.
public struct ChunkSealer: Sendable {
  /// Bytes of the payload of a chunk, at most.
  public static let payloadByteLimit = 0x3FFF

  /// Is in front of the first chunk.
  public let salt: Salt
  private var cipher: SessionCipher
  private var isBegun = false

  /// Makes the sealer of a new stream.
  ///
  /// - Parameters:
  ///   - secret: The method and the key.
  ///   - salt: Must never be used twice.
  public init(_ secret: SharedSecret, salt: Salt = .random()) {
    self.salt = salt
    cipher = secret.cipher(salt: salt)
  }

  /// Seals the next bytes of the stream.
  ///
  /// - Parameter bytes: Any number; of none no chunk is made.
  /// - Returns: Chunks, behind the salt if they are the first.
  ///
  /// Complexity: O(n) in the bytes.
  public mutating func seal(_ bytes: [UInt8]) -> [UInt8] {
    guard !bytes.isEmpty else { return [] }
    var sealed: [UInt8] = []
    sealed.reserveCapacity(Self.sealedByteCount(of: bytes.count))
    if !isBegun { sealed += salt.bytes }
    isBegun = true
    var rest = bytes[...]
    while !rest.isEmpty {
      let payload = rest.prefix(Self.payloadByteLimit)
      rest = rest.dropFirst(payload.count)
      let length = [UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
      cipher.seal(length[...], to: &sealed)
      cipher.seal(payload, to: &sealed)
    }
    return sealed
  }

  private static func sealedByteCount(of byteCount: Int) -> Int {
    let chunkCount = (byteCount + payloadByteLimit - 1) / payloadByteLimit
    let overhead = 2 + 2 * CipherMethod.tagByteCount
    return CipherMethod.saltByteCount + byteCount + chunkCount * overhead
  }
}
