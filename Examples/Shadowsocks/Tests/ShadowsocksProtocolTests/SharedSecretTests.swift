// SPDX-License-Identifier: Apache-2.0

import Crypto
import Testing

@testable import ShadowsocksProtocol

@Suite("Keys", .timeLimit(.minutes(1)))
struct SharedSecretTests {
  /// As `openssl enc -aes-256-cbc -md md5 -nosalt -P` derives them, and `EVP_BytesToKey` in Python.
  @Test(
    "A password makes a key",
    arguments: [
      ("barfoo!", "b3adc47839e047eb228870526dc8fc30b347287ffca3045dcea06b3fdf090acb"),
      ("pässword", "8e1843033a0f6ee52e2f618aa8ebbef47a37170b243c1ffcb26ad2258c856596"),
    ])
  func key(password: String, key: String) {
    for method in CipherMethod.allCases {
      #expect(SharedSecret(method, password: password).key == bytes(key))
    }
  }

  @Test("HKDF with SHA-1 is that of RFC 5869, A.4")
  func derivation() {
    let key = SharedSecret.derive(
      from: [UInt8](repeating: 0x0B, count: 11), salt: bytes("000102030405060708090a0b0c"),
      info: bytes("f0f1f2f3f4f5f6f7f8f9"), byteCount: 42)
    let expected = """
      085a01ea1b10f36933068b56efa5ad81a4f14b822f5b091568a9cdd4f155fda2c22e422478d305f3f896
      """
    #expect(key.withUnsafeBytes { Array($0) } == bytes(expected))
  }

  @Test("Nonces count from zero, with the lowest byte first")
  func nonces() {
    var nonce = NonceCounter()
    #expect(nonce.next() == [UInt8](repeating: 0, count: 12))
    #expect(nonce.next() == [1] + [UInt8](repeating: 0, count: 11))
    nonce = NonceCounter(startingAt: 0x01FF)
    #expect(nonce.next() == [0xFF, 1] + [UInt8](repeating: 0, count: 10))
    #expect(nonce.next() == [0, 2] + [UInt8](repeating: 0, count: 10))
  }

  @Test("The methods have the names of SIP004")
  func names() {
    #expect(CipherMethod(rawValue: "aes-256-gcm") == .aes256GCM)
    #expect(CipherMethod(rawValue: "chacha20-ietf-poly1305") == .chaCha20Poly1305)
    #expect(CipherMethod(rawValue: "aes-256-cfb") == nil)
  }

  @Test("No two salts are equal")
  func salts() {
    #expect(Set((0..<100).map { _ in Salt.random() }).count == 100)
  }
}
