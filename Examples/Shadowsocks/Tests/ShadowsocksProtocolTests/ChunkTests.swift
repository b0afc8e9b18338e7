// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import ShadowsocksProtocol

@Suite("Chunks", .timeLimit(.minutes(1)))
struct ChunkTests {
  /// The chunks "hello " and "world" with the password "barfoo!" behind the salt 00…1f, made with
  /// Python's `cryptography`.
  static let vectors: [(CipherMethod, String)] = [
    (
      .aes256GCM,
      """
      fe3101cdc02eb88325aae85ffe5f15d5e053b6f5cc0f03c7985f2efe6f089adf68d8bcdcf134501a
      e4cb83912b0f3cb7704ad7f9002ca02cef05e3c44a26f61fb24d1e5d72a8a5e03e53c16e5da740
      """
    ),
    (
      .chaCha20Poly1305,
      """
      a0292de913a3691dbe4532629650222ee15e26d76ee13abf9e523496d2dd3dfd26fa7f19a79f72c3
      ed4af8f46108674e93e32cd112ae4d7db55864a6f12f596905dd7ebb053cba5d8f5095d94390ee
      """
    ),
  ]

  static let methods = CipherMethod.allCases

  static func secret(_ method: CipherMethod) -> SharedSecret {
    SharedSecret(method, password: "barfoo!")
  }

  @Test("Bytes are sealed as others seal them, and opened", arguments: vectors)
  func vector(method: CipherMethod, sealed: String) throws {
    let stream = Salt.counted.bytes + bytes(sealed)
    var sealer = ChunkSealer(Self.secret(method), salt: .counted)
    #expect(sealer.seal(Array("hello ".utf8)) + sealer.seal(Array("world".utf8)) == stream)
    var opener = ChunkOpener(Self.secret(method))
    #expect(try opener.open(stream) == Array("hello world".utf8))
    #expect(opener.salt == .counted)
    try opener.finish()
  }

  @Test("A stream may come in two parts, split anywhere", arguments: methods)
  func split(method: CipherMethod) throws {
    var sealer = ChunkSealer(Self.secret(method))
    let stream = sealer.seal([1, 2, 3]) + sealer.seal([4]) + sealer.seal(pattern(40))
    for end in 0...stream.count {
      var opener = ChunkOpener(Self.secret(method))
      let opened = try opener.open(Array(stream[..<end])) + opener.open(Array(stream[end...]))
      #expect(opened == [1, 2, 3, 4] + pattern(40), "split at \(end)")
      try opener.finish()
    }
  }

  @Test("A stream may come byte by byte", arguments: methods)
  func single(method: CipherMethod) throws {
    var sealer = ChunkSealer(Self.secret(method))
    let stream = sealer.seal([1, 2, 3]) + sealer.seal([4])
    var opener = ChunkOpener(Self.secret(method))
    var counts: [Int] = []
    for byte in stream { counts.append(try opener.open([byte]).count) }
    // A payload is given out with the last byte of its tag, and not before.
    let first = 32 + 18 + 3 + 16
    #expect(counts.enumerated().filter { $0.element > 0 }.map(\.offset) == [first - 1, first + 34])
    #expect(counts.reduce(0, +) == 4)
  }

  @Test(
    "Long payloads are cut into chunks",
    arguments: [(1, 1), (0x3FFF, 1), (0x4000, 2), (3 * 0x3FFF, 3), (100_000, 7)])
  func long(byteCount: Int, chunkCount: Int) throws {
    var sealer = ChunkSealer(Self.secret(.aes256GCM))
    let stream = sealer.seal(pattern(byteCount))
    #expect(stream.count == 32 + byteCount + chunkCount * 34)
    #expect(sealer.seal([]) == [])
    var opener = ChunkOpener(Self.secret(.aes256GCM))
    #expect(try opener.open(stream).elementsEqual(pattern(byteCount)))
    try opener.finish()
  }

  @Test("A byte that was changed is found, wherever it is", arguments: methods)
  func changed(method: CipherMethod) throws {
    var sealer = ChunkSealer(Self.secret(method))
    let stream = sealer.seal([1, 2, 3])
    for index in stream.indices {
      var changed = stream
      changed[index] ^= 0x10
      var opener = ChunkOpener(Self.secret(method))
      #expect(throws: ShadowsocksError.authenticationFailed) { try opener.open(changed) }
      // Nothing is given out any more.
      #expect(throws: ShadowsocksError.authenticationFailed) { try opener.open([]) }
      #expect(throws: ShadowsocksError.authenticationFailed) { try opener.finish() }
    }
  }

  @Test("Another password and another method are found with the first length")
  func others() throws {
    var sealer = ChunkSealer(Self.secret(.aes256GCM))
    let beginning = Array(sealer.seal([1]).prefix(32 + 18))
    for secret in [
      SharedSecret(.aes256GCM, password: "barfoo"), Self.secret(.chaCha20Poly1305),
    ] {
      var opener = ChunkOpener(secret)
      #expect(try opener.open(Array(beginning.dropLast())) == [])
      #expect(throws: ShadowsocksError.authenticationFailed) {
        try opener.open([beginning[beginning.count - 1]])
      }
    }
  }

  @Test("A chunk cannot come twice, and not in another order")
  func order() throws {
    var sealer = ChunkSealer(Self.secret(.aes256GCM))
    let first = sealer.seal([1])
    let second = sealer.seal([2])
    let third = sealer.seal([3])
    for wrong in [first + second + second, first + third + second] {
      var opener = ChunkOpener(Self.secret(.aes256GCM))
      #expect(throws: ShadowsocksError.authenticationFailed) { try opener.open(wrong) }
    }
  }

  @Test("A stream that ends inside an element is truncated")
  func truncated() throws {
    var sealer = ChunkSealer(Self.secret(.aes256GCM))
    let stream = sealer.seal([1, 2]) + sealer.seal([3])
    // A stream without bytes, and the ends of the two chunks.
    let ends: Set = [0, 32 + 36, stream.count]
    for end in 0...stream.count {
      var opener = ChunkOpener(Self.secret(.aes256GCM))
      _ = try opener.open(Array(stream[..<end]))
      if ends.contains(end) {
        try opener.finish()
      } else {
        #expect(throws: ShadowsocksError.truncated, "at \(end)") { try opener.finish() }
      }
    }
  }

  @Test("A length of none and one of too many is refused", arguments: [0, 0x4000, 0xFFFF])
  func lengths(length: Int) throws {
    let secret = Self.secret(.chaCha20Poly1305)
    var cipher = secret.cipher(salt: .counted)
    var stream = Salt.counted.bytes
    cipher.seal([UInt8(length >> 8), UInt8(length & 0xFF)], to: &stream)
    var opener = ChunkOpener(secret)
    #expect(throws: ShadowsocksError.badChunkLength(length)) { try opener.open(stream) }
  }
}
